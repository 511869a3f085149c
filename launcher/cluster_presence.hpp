#pragma once
// Whether a cluster can still be found. By its files alone do commands and programs find it: when
// somebody removes its directory nobody can stop it any more, and its processes would stay.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "launcher/cluster_lock.hpp"

namespace muster::launcher {

class ClusterPresence {
 public:
  static constexpr std::chrono::seconds interval{1};

  /// Looks from now on. `write` is called when only the connection file is gone, and has to put it
  /// back; `gone` once, when the directory is, which the lock tells: another cluster may have taken
  /// the place. The lock has to live as long.
  ClusterPresence(asio::io_context& io, const ClusterLock& lock,
                  std::filesystem::path connection_file, std::function<void()> write,
                  std::function<void()> gone);

 private:
  void look_later();
  void look();

  asio::steady_timer timer_;
  const ClusterLock& lock_;
  std::filesystem::path connection_file_;
  std::function<void()> write_;
  std::function<void()> gone_;
  std::shared_ptr<char> token_ = std::make_shared<char>();  // a queued timer must not find us dead
};

}  // namespace muster::launcher
