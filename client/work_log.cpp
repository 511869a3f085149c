#include "client/work_log.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace muster::client {
namespace {

constexpr std::chrono::microseconds resolution_at_first{50};

}  // namespace

void WorkLog::add(std::uint32_t engine, Instant started, std::chrono::nanoseconds run,
                  std::uint32_t count, bool failed) {
  if (engine >= workers_.size()) workers_.resize(engine + 1);
  Worker& worker = workers_[engine];
  worker.tasks += count;
  worker.working += run;
  if (failed) worker.failed += count;
  const Bar bar{started, started + run, run, count, failed ? count : 0};
  if (!worker.bars.empty() && joins(worker.bars.back(), bar)) {
    join(worker.bars.back(), bar);
    return;
  }
  worker.bars.push_back(bar);
  if (++bars_ > bars_max_) coarsen();
}

bool WorkLog::joins(const Bar& earlier, const Bar& later) const {
  return later.begin >= earlier.begin && later.end - earlier.begin <= resolution_;
}

void WorkLog::join(Bar& earlier, const Bar& later) {
  earlier.end = std::max(earlier.end, later.end);
  earlier.busy += later.busy;
  earlier.tasks += later.tasks;
  earlier.failed += later.failed;
}

/// Until half of the bars are left, so that it is seldom.
void WorkLog::coarsen() {
  while (bars_ > bars_max_ / 2) {
    resolution_ = std::max<std::chrono::nanoseconds>(2 * resolution_, resolution_at_first);
    bars_ = 0;
    for (Worker& worker : workers_) {
      std::vector<Bar> kept;
      for (const Bar& bar : worker.bars) {
        if (!kept.empty() && joins(kept.back(), bar)) {
          join(kept.back(), bar);
        } else {
          kept.push_back(bar);
        }
      }
      worker.bars = std::move(kept);
      bars_ += worker.bars.size();
    }
    if (bars_ <= workers_.size()) return;
  }
}

void WorkLog::add_long(LongTask task) {
  const auto place = std::find_if(longest_.begin(), longest_.end(),
                                  [&](const LongTask& other) { return other.run < task.run; });
  longest_.insert(place, std::move(task));
  if (longest_.size() > longest_max) longest_.pop_back();
}

}  // namespace muster::client
