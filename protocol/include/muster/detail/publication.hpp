#pragma once
// What a running task says of itself: its latest value and how far it has come.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include <muster/detail/buffer.hpp>

namespace muster::detail {

/// Between the thread that runs the task and the one that sends what it says, now and then: most of
/// what a quick loop publishes is replaced before it leaves.
class Publication {
 public:
  struct News {
    std::uint64_t number = 0;  ///< higher than that of any news before
    std::optional<Buffer> value;
    std::optional<double> progress;
  };

  /// In place of the value before. Throws TooLarge.
  void publish(Buffer value);
  /// Between 0 and 1; what is outside of that is taken for the nearer end, and no number for 0.
  void set_progress(double fraction);

  /// Something was said since it was taken. Costs next to nothing.
  bool changed() const { return changed_.load(std::memory_order_relaxed); }
  News take();

 private:
  std::mutex mutex_;
  News news_;
  std::uint64_t taken_ = 0;
  std::atomic<bool> changed_{false};
};

}  // namespace muster::detail
