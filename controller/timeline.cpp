#include "controller/timeline.hpp"

namespace muster::controller {
namespace {

constexpr std::int64_t finest = 1'000;  // a microsecond
/// At this a year takes fewer spans than are kept. What is still too much then are processes.
constexpr std::int64_t coarsest = std::int64_t{1'000'000'000} * 3600;

}  // namespace

void Timeline::coarsen() {
  while (size_ > spans_max_ / 2 && resolution_ < coarsest) {
    resolution_ = resolution_ == 0 ? finest : 2 * resolution_;
    size_ = 0;
    for (std::vector<Span>& row : spans_) {
      std::size_t kept = 0;
      for (const Span& span : row) {
        if (kept > 0 && joins(row[kept - 1], span)) {
          join(row[kept - 1], span);
        } else {
          row[kept++] = span;
        }
      }
      row.resize(kept);
      size_ += kept;
    }
  }
  for (std::size_t process = 0; size_ > spans_max_ / 2; ++process) {
    size_ -= spans_[process].size();
    dropped_ += spans_[process].size();
    spans_[process] = {};
  }
}

}  // namespace muster::controller
