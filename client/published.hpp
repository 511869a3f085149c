#pragma once
// What a running task has said of itself, as it arrives.

#include <cstdint>
#include <utility>

#include <muster/detail/buffer.hpp>

namespace muster::detail {

/// The latest of the latest attempt: what is older, or comes again, is passed over.
class Published {
 public:
  void set_value(std::uint64_t attempt, std::uint64_t number, Buffer value) {
    if (!is_news(attempt, number, value_number_)) return;
    value_number_ = number;
    value_ = std::move(value);
  }
  void set_progress(std::uint64_t attempt, std::uint64_t number, double fraction) {
    if (!is_news(attempt, number, progress_number_)) return;
    progress_number_ = number;
    progress_ = fraction >= 0 && fraction <= 1 ? fraction : 0;
  }

  void end_progress() { progress_ = 0; }

  /// Empty when there is none.
  const Buffer& value() const { return value_; }
  double progress() const { return progress_; }

 private:
  bool is_news(std::uint64_t attempt, std::uint64_t number, std::uint64_t& last) {
    if (attempt < attempt_) return false;
    if (attempt > attempt_) *this = Published();
    attempt_ = attempt;
    return number > last;
  }

  std::uint64_t attempt_ = 0;
  std::uint64_t value_number_ = 0;
  std::uint64_t progress_number_ = 0;
  Buffer value_;
  double progress_ = 0;
};

}  // namespace muster::detail
