#include "client/item_log.hpp"

#include <algorithm>

#include "client/wall_clock.hpp"
#include "protocol/record.hpp"

namespace muster::detail {
namespace {

Status status_of_items(const ItemOutcome& outcome) {
  if (outcome.how == ItemOutcome::How::value) return Status::succeeded;
  const bool cancelled = outcome.how == ItemOutcome::How::failed &&
                         outcome.kind == static_cast<std::uint8_t>(wire::OutcomeKind::cancelled);
  return cancelled ? Status::cancelled : Status::failed;
}

}  // namespace

void ItemLog::add(const ItemOutcome& outcome, std::chrono::steady_clock::time_point received,
                  const ItemTimes* times) {
  lines_.push_back({outcome.index, static_cast<std::uint32_t>(outcome.count),
                    status_of_items(outcome), received, times ? *times : ItemTimes{}});
}

std::vector<ItemsInfo> ItemLog::info() const {
  const client::WallClock on_the_wall;
  std::vector<ItemsInfo> infos;
  infos.reserve(lines_.size());
  for (const Line& line : lines_) {
    ItemsInfo info;
    info.status = line.status;
    info.attempts = line.times.starts;
    info.submitted = on_the_wall(line.times.submitted);
    info.started = on_the_wall(line.times.started);
    info.completed = on_the_wall(line.times.completed);
    info.received = on_the_wall(line.received);
    info.run = line.times.run;
    if (line.times.process) {
      info.engine = static_cast<int>(line.times.process->engine);
      info.pid = line.times.process->pid;
      info.host = line.times.process->host;
    }
    info.index = line.index;
    info.count = line.count;
    infos.push_back(std::move(info));
  }
  std::sort(infos.begin(), infos.end(),
            [](const ItemsInfo& a, const ItemsInfo& b) { return a.index < b.index; });
  return infos;
}

}  // namespace muster::detail
