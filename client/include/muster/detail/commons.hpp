#pragma once
// The boundary below locks, counters and queues: everything below is bytes.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <muster/detail/buffer.hpp>
#include <muster/detail/pending.hpp>

namespace muster::detail {

using CommonsTime = std::chrono::steady_clock::time_point;

/// A lock that this program holds.
class Lease;
using LeasePtr = std::shared_ptr<Lease>;

/// Null when `end` came first. A time that has passed only asks. Throws ClusterError,
/// ConnectionLost, WouldBlock; so do all of these.
LeasePtr acquire(const std::shared_ptr<Connection>& connection, const std::string& name,
                 CommonsTime end);
/// False when it wasn't this program's any more. Doesn't throw for one that was released before.
bool release(const LeasePtr& lease);
/// The controller says that it is this program's still.
bool is_held(const LeasePtr& lease);
std::int64_t fence(const LeasePtr& lease);
std::stop_token stop_token(const LeasePtr& lease);

std::int64_t add(const std::shared_ptr<Connection>& connection, const std::string& name,
                 std::int64_t amount);
std::int64_t exchange(const std::shared_ptr<Connection>& connection, const std::string& name,
                      std::int64_t value);

/// False, or nullopt, when `end` came first.
bool put(const std::shared_ptr<Connection>& connection, const std::string& name,
         const std::string& type, std::size_t max_size, Buffer item, CommonsTime end);
std::optional<Buffer> take(const std::shared_ptr<Connection>& connection, const std::string& name,
                           const std::string& type, CommonsTime end);
std::size_t queue_size(const std::shared_ptr<Connection>& connection, const std::string& name);

/// As errors name it.
std::string readable_type(const char* type);

}  // namespace muster::detail
