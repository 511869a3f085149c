#pragma once
// What engines write to their logs, passed on line by line while they write it: a node on another
// host sends it to its launcher, where somebody may look for it.

#include <filesystem>
#include <map>
#include <memory>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <sys/types.h>

namespace muster::launcher {

/// All calls on the loop's thread.
class LogRelay {
 public:
  /// Of all `NAME.log` in the directory, to the descriptor `to`, as "NAME: line".
  LogRelay(asio::io_context& io, std::filesystem::path directory, int to);
  /// What has come since; also the last line, when it has no end yet.
  void pass_on_rest();

 private:
  void wait();
  void pass_on(bool all);

  const std::filesystem::path directory_;
  const int to_;
  asio::steady_timer timer_;
  std::map<std::filesystem::path, off_t> passed_;  ///< up to where
};

}  // namespace muster::launcher
