#pragma once
// Waiting for results while a person looks on.

#include <algorithm>
#include <chrono>
#include <memory>

#include <muster/detail/deadline.hpp>
#include <muster/progress.hpp>

namespace muster {

struct InteractiveOptions {
  /// How often the bar is drawn.
  std::chrono::nanoseconds interval = std::chrono::milliseconds(100);
  /// How long to wait; the tasks go on.
  std::chrono::nanoseconds patience = std::chrono::nanoseconds::max();
  /// What the bar is like, or what is told instead.
  ProgressOptions bar{};
};

namespace detail {

/// Shows on a descriptor how far something has come: a bar that is drawn over and over on a
/// terminal; elsewhere, as in a log, a line after each ten seconds and one at the end. What can't
/// be written is left out.
class ProgressDisplay {
 public:
  /// On stderr unless another one is named.
  explicit ProgressDisplay(int descriptor = 2) : ProgressDisplay(ProgressOptions{}, descriptor) {}
  explicit ProgressDisplay(ProgressOptions options, int descriptor = 2);
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;
  /// Ends the line of the bar, or of all bars when it is the last one.
  ~ProgressDisplay();

  void show(const Progress& progress, std::chrono::nanoseconds elapsed);
  /// The same, for the last time.
  void finish(const Progress& progress, std::chrono::nanoseconds elapsed);

 private:
  void draw(const Progress& progress, std::chrono::nanoseconds elapsed);

  const ProgressOptions options_;
  const int descriptor_;
  const bool terminal_;
  int line_ = -1;                    ///< of its bar; none before it was drawn first
  std::chrono::nanoseconds said_{};  ///< when the last line was written
};

/// True when all have ended, false when patience did before.
template <class Results>
bool wait_interactively(const Results& results, const InteractiveOptions& options,
                        ProgressDisplay& display) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = deadline_after(options.patience);
  const auto interval =
      std::max<std::chrono::nanoseconds>(options.interval, std::chrono::milliseconds(1));
  while (!results.wait_for(std::min<std::chrono::nanoseconds>(interval, end - Clock::now()))) {
    display.show(results.progress(), results.elapsed());
    if (Clock::now() >= end) return false;
  }
  display.finish(results.progress(), results.elapsed());
  return true;
}

template <class Results>
bool wait_interactively(const Results& results, const InteractiveOptions& options) {
  ProgressDisplay display(options.bar);
  return wait_interactively(results, options, display);
}

}  // namespace detail
}  // namespace muster
