#include "launcher/node_values.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace muster::launcher {
namespace {

using wire::Descriptor;
using wire::Digest;

std::string trouble(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
}

/// 0, or an errno.
int write_all(int file, std::uint64_t offset, wire::Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

/// Nobody can change it from now on, whoever gets the descriptor.
bool seal(int file) {
  return ::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

/// Reads it as those who get it will: sealed and mapped. Empty when it is what it should be; else
/// what is wrong.
std::string sealed(int file, const wire::BodyHash& hash, const std::atomic<bool>& stop) {
  if (!seal(file)) return trouble("cannot seal memory that processes share", errno);
  const off_t size = ::lseek(file, 0, SEEK_END);
  const auto length = static_cast<std::size_t>(std::max<off_t>(size, 0));
  // Private, though nobody writes: older kernels don't let what is sealed be mapped otherwise.
  void* memory = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) return trouble("cannot map memory that processes share", errno);
  constexpr std::size_t at_once = std::size_t{4} << 20;
  wire::BodyHasher hasher;
  wire::Bytes rest(static_cast<const std::byte*>(memory), length);
  while (!rest.empty() && !stop) {
    hasher.add(rest.first(std::min(at_once, rest.size())));
    rest = rest.subspan(std::min(at_once, rest.size()));
  }
  const bool right = rest.empty() && hasher.finish() == hash;
  ::munmap(memory, length);
  return right ? "" : "it arrived damaged";
}

}  // namespace

NodeValues::NodeValues(asio::io_context& io, NodeSession& session, Config config)
    : session_(session), config_(std::move(config)), worker_(io) {}

void NodeValues::carry_out(const GiveOrder& order) {
  Value& value = values_[order.name];
  if (value.file && value.hash != order.hash) {
    // Some client has named something else so; who is meant gets it on its own link.
    session_.value_given(order.number, "another value has its name");
    return;
  }
  if (value.whole) {
    give(order, value);
    return;
  }
  value.waiting.push_back(order);
  if (!value.file) begin(order, value);
}

void NodeValues::begin(const GiveOrder& order, Value& value) {
  Descriptor file(::memfd_create("muster-value", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) {
    fail(order.name, trouble("cannot make memory that processes share", errno));
    return;
  }
  value.file = std::make_shared<Descriptor>(std::move(file));
  value.number = ++last_number_;
  value.hash = order.hash;
  session_.fetch(order.name, order.bytes);
}

void NodeValues::give(const GiveOrder& order, const Value& value) {
  session_.value_given(order.number, config_.hand_over(order, value.file->get()));
}

void NodeValues::carry_out(const DropOrder& order) {
  for (const Digest& name : order.names) {
    session_.forget_file(name);
    values_.erase(name);
  }
}

void NodeValues::carry_out(const BeginOrder&) {
  for (const auto& [name, value] : values_)
    session_.forget_file(name);
  values_.clear();
}

bool NodeValues::carry_out(const FileOrder& order) {
  const Digest& name =
      std::visit([](const auto& what) -> const Digest& { return what.file; }, order);
  if (!values_.contains(name)) return false;
  std::visit([this](const auto& what) { take(what); }, order);
  return true;
}

void NodeValues::take(const StoreOrder& order) {
  const int error = write_all(values_.at(order.file).file->get(), order.offset, order.bytes);
  if (error == 0) return;
  session_.forget_file(order.file);
  fail(order.file, trouble("cannot write to memory that processes share", error));
}

void NodeValues::take(const CheckOrder& order) {
  const Value& value = values_.at(order.file);
  const auto wrong = std::make_shared<std::string>();
  worker_.run([this, wrong, file = value.file,
               hash = value.hash] { *wrong = sealed(file->get(), hash, worker_.stop()); },
              [this, wrong, name = order.file, number = value.number] {
                const auto found = values_.find(name);
                if (found == values_.end() || found->second.number != number) return;
                checked(name, *wrong);
                config_.on_news();
              });
}

void NodeValues::take(const RefusedOrder& order) {
  fail(order.file, order.reason);
}

void NodeValues::checked(const Digest& name, const std::string& wrong) {
  session_.forget_file(name);
  if (!wrong.empty()) {
    fail(name, wrong);
    return;
  }
  Value& value = values_.at(name);
  value.whole = true;
  for (const GiveOrder& order : std::exchange(value.waiting, {}))
    give(order, value);
}

/// Their processes get it in another way.
void NodeValues::fail(const Digest& name, const std::string& reason) {
  const auto value = values_.extract(name);
  for (const GiveOrder& order : value.mapped().waiting)
    session_.value_given(order.number, reason);
}

}  // namespace muster::launcher
