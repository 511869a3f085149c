#include "controller/deadlines.hpp"

#include <algorithm>

namespace muster::controller {
namespace {

bool later(const Deadlines::Entry& a, const Deadlines::Entry& b) {
  return a.when > b.when;
}

}  // namespace

void Deadlines::add(const Entry& entry) {
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

Deadlines::Entry Deadlines::take_first() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Entry entry = heap_.back();
  heap_.pop_back();
  return entry;
}

void Deadlines::order_again() {
  std::make_heap(heap_.begin(), heap_.end(), later);
  // As many again may come before the next look: each entry then pays for a few others at most.
  sweep_at_ = std::max(sweep_least, 2 * heap_.size());
}

}  // namespace muster::controller
