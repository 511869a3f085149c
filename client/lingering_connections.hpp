#pragma once
// Connections whose program has let go of their views and clients, but holds results that are still
// to come.

#include <memory>
#include <mutex>
#include <vector>

namespace muster::detail {
class Connection;
}

namespace muster::client {

/// Each leaves its cluster by itself once these have come or nobody awaits them any more; its
/// thread is joined when the next one is added, or at the program's end, which waits for it as the
/// last handle of a connection does.
class LingeringConnections {
 public:
  static LingeringConnections& of_this_process();

  LingeringConnections() = default;
  LingeringConnections(const LingeringConnections&) = delete;
  LingeringConnections& operator=(const LingeringConnections&) = delete;
  ~LingeringConnections();

  void add(std::shared_ptr<detail::Connection> connection);

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<detail::Connection>> connections_;
};

}  // namespace muster::client
