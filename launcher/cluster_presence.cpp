#include "launcher/cluster_presence.hpp"

#include <system_error>
#include <utility>

namespace muster::launcher {

ClusterPresence::ClusterPresence(asio::io_context& io, const ClusterLock& lock,
                                 std::filesystem::path connection_file, std::function<void()> write,
                                 std::function<void()> gone)
    : timer_(io),
      lock_(lock),
      connection_file_(std::move(connection_file)),
      write_(std::move(write)),
      gone_(std::move(gone)) {
  look_later();
}

void ClusterPresence::look_later() {
  timer_.expires_after(interval);
  timer_.async_wait([this, alive = std::weak_ptr<char>(token_)](const asio::error_code& error) {
    if (!error && !alive.expired()) look();
  });
}

void ClusterPresence::look() {
  if (lock_.is_removed()) {
    gone_();  // may end this object
    return;
  }
  std::error_code unknown;
  if (!std::filesystem::exists(connection_file_, unknown) && !unknown) write_();
  look_later();
}

}  // namespace muster::launcher
