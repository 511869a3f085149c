#pragma once
// Whether a controller that died is started again, and after how long. No clock of its own.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace muster::launcher {

class RestartPolicy {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// One that dies so often within a minute dies of something that a restart doesn't mend.
  static constexpr std::size_t deaths_max = 5;
  static constexpr std::chrono::seconds window{60};
  /// Before the first restart; doubled for each death within the window.
  static constexpr std::chrono::milliseconds first_wait{50};

  /// It has died now: the time until it should be started again; nullopt when it should not be.
  std::optional<std::chrono::milliseconds> died(Instant now) {
    deaths_.push_back(now);
    while (now - deaths_.front() > window)
      deaths_.pop_front();
    if (deaths_.size() >= deaths_max) return std::nullopt;
    return first_wait * (1 << (deaths_.size() - 1));
  }

 private:
  std::deque<Instant> deaths_;
};

}  // namespace muster::launcher
