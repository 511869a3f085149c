#pragma once
// The history's file with a thread of its own, so that no task ever waits for a disk: what has
// ended goes into a queue of bounded length. What finds no place there, or can't be written, is
// lost, is counted, and is spoken of.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "controller/history_news.hpp"

namespace muster::launcher {

struct HistoryDatabaseConfig {
  std::string path;
  std::uint64_t bytes_max = std::uint64_t{1} << 30;
  /// Records that wait to be written: 64 bytes each, and the texts of some.
  std::size_t queue_max = std::size_t{1} << 18;
  /// And what arguments and results may take that wait, in bytes.
  std::size_t outcome_bytes_max = std::size_t{64} << 20;
  /// A sentence for people, on the loop's thread: what was lost and why, at most each ten seconds.
  std::function<void(const std::string&)> on_trouble;
};

/// Calls on the loop's thread, which never waits.
class HistoryDatabase {
 public:
  /// True when this `muster` was built with SQLite. Without it the constructor throws.
  static bool available();

  /// Throws std::runtime_error with a sentence when the file can't be used.
  HistoryDatabase(asio::io_context& io, HistoryDatabaseConfig config);
  /// Writes what waits, for a second at most.
  ~HistoryDatabase();

  void keep(controller::HistoryNews&& news);
  /// `done` is called on the loop's thread, after all that was kept before is in the file.
  void ask(controller::HistoryAsk&& ask, std::function<void(controller::HistoryAnswer&&)> done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::launcher
