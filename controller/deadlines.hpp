#pragma once
// When the limits of tasks pass, soonest first. Tasks without limits never come here; those that
// settle in time are dropped in passing, so that nobody has to say so.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/error.hpp>

#include "controller/task.hpp"
#include "protocol/lane.hpp"

namespace muster::controller {

class Deadlines {
 public:
  struct Entry {
    wire::Instant when{};
    SessionRef session = none;  ///< and counter: a TaskRef may be another task's by then
    std::uint64_t counter = 0;
    Limit limit = Limit::total;
    std::uint32_t orders = 0;  ///< how often the engine was told since the limit passed
  };

  void add(const Entry& entry);
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  const Entry& first() const { return heap_.front(); }
  /// The end of time when there is none.
  wire::Instant next() const { return empty() ? wire::Instant::max() : first().when; }
  Entry take_first();

  /// Those of settled tasks may outnumber the others when their limits are long: true when they are
  /// worth a look at every entry.
  bool wants_sweep() const { return heap_.size() >= sweep_at_; }
  /// Drops the entries for which `settled` is true.
  template <class Settled>
  void sweep(Settled&& settled) {
    std::erase_if(heap_, settled);
    order_again();
  }

 private:
  void order_again();

  static constexpr std::size_t sweep_least = 1024;
  std::vector<Entry> heap_;
  std::size_t sweep_at_ = sweep_least;
};

}  // namespace muster::controller
