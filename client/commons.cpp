// Locks, counters and queues by name, below the typed layer.

#include "protocol/commons.hpp"

#include <algorithm>
#include <utility>

#include <muster/detail/commons.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/limits.hpp"
#include "protocol/type_name.hpp"

namespace muster::detail {

using wire::CommonsAnswer;
using wire::CommonsEnding;
using wire::CommonsVerb;
using wire::CommonsWish;

namespace {

/// So that a wish with it fits into a record.
constexpr std::size_t item_bytes_max = 60'000;
static_assert(item_bytes_max + 2 * wire::commons_name_bytes_max < wire::inline_body_max);

CommonsWish wish_of(CommonsVerb verb, const std::string& name, std::int64_t amount = 0) {
  return {.verb = static_cast<std::uint8_t>(verb), .name = name, .amount = amount};
}

/// What needs no patience.
CommonsAnswer ask(const std::shared_ptr<Connection>& connection, CommonsWish wish) {
  refuse_without(connection);
  return *connection->wish(std::move(wish), CommonsTime::max(), Connection::Meanwhile::wait);
}

}  // namespace

class Lease {
 public:
  Lease(std::shared_ptr<Connection> connection, std::shared_ptr<client::HeldLock> lock)
      : connection_(std::move(connection)), lock_(std::move(lock)) {}

  const client::HeldLock& lock() const { return *lock_; }
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<client::HeldLock> lock_;
};

LeasePtr acquire(const std::shared_ptr<Connection>& connection, const std::string& name,
                 CommonsTime end) {
  refuse_without(connection);
  const auto said =
      connection->wish(wish_of(CommonsVerb::acquire, name), end, Connection::Meanwhile::hold);
  if (!said) return nullptr;
  return std::make_shared<Lease>(connection, connection->held_lock(name, said->number));
}

bool release(const LeasePtr& lease) {
  const client::HeldLock& lock = lease->lock();
  lease->connection()->refuse_after_fork();  // somebody else may hold its mutex there
  if (!lease->connection()->forget_lock(&lock)) return true;
  const CommonsAnswer said =
      ask(lease->connection(), wish_of(CommonsVerb::release, lock.name, lock.fence));
  return said.ending == static_cast<std::uint8_t>(CommonsEnding::fulfilled);
}

bool is_held(const LeasePtr& lease) {
  if (!lease) return false;
  const client::HeldLock& lock = lease->lock();
  const CommonsAnswer said =
      ask(lease->connection(), wish_of(CommonsVerb::look, lock.name, lock.fence));
  return said.ending == static_cast<std::uint8_t>(CommonsEnding::fulfilled);
}

std::int64_t fence(const LeasePtr& lease) {
  if (!lease) throw ClusterError("this lock was released, or given to another handle");
  return lease->lock().fence;
}

std::stop_token stop_token(const LeasePtr& lease) {
  return lease ? lease->lock().stop.get_token() : std::stop_token();
}

std::int64_t add(const std::shared_ptr<Connection>& connection, const std::string& name,
                 std::int64_t amount) {
  return ask(connection, wish_of(CommonsVerb::add, name, amount)).number;
}

std::int64_t exchange(const std::shared_ptr<Connection>& connection, const std::string& name,
                      std::int64_t value) {
  return ask(connection, wish_of(CommonsVerb::exchange, name, value)).number;
}

bool put(const std::shared_ptr<Connection>& connection, const std::string& name,
         const std::string& type, std::size_t max_size, Buffer item, CommonsTime end) {
  refuse_without(connection);
  if (item.size() > item_bytes_max) throw TooLarge("item of a queue", item.size(), item_bytes_max);
  const auto at_most = static_cast<std::int64_t>(std::min<std::size_t>(max_size, INT64_MAX));
  CommonsWish wish = wish_of(CommonsVerb::put, name, at_most);
  wish.type = type;
  wish.body.assign(reinterpret_cast<const char*>(item.data()), item.size());
  return connection->wish(std::move(wish), end, Connection::Meanwhile::run_tasks).has_value();
}

std::optional<Buffer> take(const std::shared_ptr<Connection>& connection, const std::string& name,
                           const std::string& type, CommonsTime end) {
  refuse_without(connection);
  CommonsWish wish = wish_of(CommonsVerb::take, name);
  wish.type = type;
  const auto said = connection->wish(std::move(wish), end, Connection::Meanwhile::run_tasks);
  if (!said) return std::nullopt;
  return Buffer::copy_of(wire::bytes_of(said->body));
}

std::size_t queue_size(const std::shared_ptr<Connection>& connection, const std::string& name) {
  return static_cast<std::size_t>(ask(connection, wish_of(CommonsVerb::size, name)).number);
}

std::string readable_type(const char* type) {
  return wire::type_name(std::string(type));
}

}  // namespace muster::detail
