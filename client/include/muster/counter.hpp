#pragma once
// A number that a cluster has in common.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <muster/detail/commons.hpp>

namespace muster {

/// What client.counter("NAME") gives: a handle, which may be copied and used from any thread. The
/// number begins as 0 and lives as long as the cluster, also across restarts of its controller.
/// Each call blocks for a round trip to the controller and is done once, whatever happens to the
/// connection meanwhile: to count items of a large map, let each task add its part. Throws
/// ClusterError when the name is a lock's or a queue's, or the sum would leave 64 bits;
/// ConnectionLost. (multiprocessing's Value('l') with its lock, for a cluster.)
class Counter {
 public:
  Counter(std::shared_ptr<detail::Connection> connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}

  /// Returns what it is then. So the first of some to call add(1) gets 1.
  std::int64_t add(std::int64_t amount = 1) const {
    return detail::add(connection_, name_, amount);
  }
  std::int64_t get() const { return add(0); }
  /// Returns what it was.
  std::int64_t exchange(std::int64_t value) const {
    return detail::exchange(connection_, name_, value);
  }

 private:
  std::shared_ptr<detail::Connection> connection_;
  std::string name_;
};

}  // namespace muster
