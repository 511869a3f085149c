#pragma once
// Locks that this program holds, and what is to be done about them when it is cut off (rule 36): no
// other program may get one before this one has stopped.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace muster::client {

/// One of them.
struct HeldLock {
  std::string name;
  std::int64_t fence = 0;
  std::stop_source stop{};
};

/// The controller drops a client that it hasn't heard of for 75 s: a link is dead after 15 s of
/// silence, and 60 s later its session is (rule 29). These count from the end of the link, too, as
/// the client sees it, which may be 15 s later when only one direction was cut.
class Leases {
 public:
  static constexpr std::chrono::seconds stop_after{15};
  static constexpr std::chrono::seconds end_after{30};

  enum class Duty { nothing, stop, end };
  /// `silence` since the link was open last.
  static Duty duty(std::chrono::nanoseconds silence) {
    if (silence >= end_after) return Duty::end;
    return silence >= stop_after ? Duty::stop : Duty::nothing;
  }

  bool empty() const { return held_.empty(); }
  void add(std::shared_ptr<HeldLock> lock) { held_.push_back(std::move(lock)); }
  /// False when it isn't there.
  bool remove(const HeldLock* lock) {
    return std::erase_if(held_, [&](const auto& held) { return held.get() == lock; }) > 0;
  }
  const std::vector<std::shared_ptr<HeldLock>>& held() const { return held_; }
  /// Those that nobody has asked to stop yet.
  std::vector<std::stop_source> to_be_asked() const {
    std::vector<std::stop_source> sources;
    for (const auto& held : held_) {
      if (!held->stop.stop_requested()) sources.push_back(held->stop);
    }
    return sources;
  }

 private:
  std::vector<std::shared_ptr<HeldLock>> held_;
};

}  // namespace muster::client
