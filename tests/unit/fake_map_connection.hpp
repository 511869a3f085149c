#pragma once
// A connection for the tests of maps: it runs each task where it is submitted, and gives the
// outcomes when the test's script says so, which it asks whenever a thread would sleep.

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/detail/completions.hpp>
#include <muster/detail/pending.hpp>

namespace muster::detail {

class Pending {
 public:
  std::size_t index = 0;
  bool done = false;
  bool failed = false;
  bool cancel_wished = false;
  bool lost = false;
  Buffer body;
  std::shared_ptr<Completions> completions;

  void end(std::chrono::nanoseconds run) {
    done = true;
    completions->put({index, body.size()}, run, std::chrono::steady_clock::now());
  }
  void end_lost() {
    lost = true;
    end({});
  }
};

class Connection {
 public:
  std::function<void(Connection&)> when_waiting;  ///< must finish something, or give credit
  std::size_t credit = std::numeric_limits<std::size_t>::max();  ///< submissions, all told
  std::size_t argument_bytes_max = std::numeric_limits<std::size_t>::max();
  std::size_t batch_bytes_max = std::numeric_limits<std::size_t>::max();
  std::size_t engines = 4;
  std::chrono::nanoseconds run = std::chrono::milliseconds(5);  ///< what each task takes
  bool lost = false;
  std::vector<std::size_t> chunks;  ///< their sizes, in the order of submission
  std::size_t submitted = 0;
  std::size_t waits = 0;
  std::vector<std::weak_ptr<Pending>> tasks;  ///< in the order of submission
  std::vector<PendingPtr> open;               ///< the same, without those that have ended

  /// Ends the task at this place of `open`.
  void finish(std::size_t place) {
    const PendingPtr task = open.at(place);
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(place));
    task->end(run);
  }
  void finish_oldest() { finish(0); }
  void finish_newest() { finish(open.size() - 1); }
  void finish_all() {
    while (!open.empty())
      finish_oldest();
  }
  void lose() {
    lost = true;
    for (const PendingPtr& task : open)
      task->lost = true;
    finish_all();
  }
};

}  // namespace muster::detail
