#include "client/prerequisites.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <muster/error.hpp>

#include "protocol/awaited.hpp"

namespace muster::client {
namespace {

using detail::Pending;
using wire::Awaited;
using wire::OutcomeKind;

/// A run takes up to 14 bytes, and a record holds 64 KiB.
constexpr std::size_t runs_per_record = 4096;

/// One that went down with its connection has no value either.
OutcomeKind ending_of(const Pending& task) {
  return task.state.load(std::memory_order_acquire) == Pending::State::lost ? OutcomeKind::lost
                                                                            : task.kind;
}

void add_run(Awaited& awaited, std::uint64_t counter) {
  if (!awaited.first.empty() && awaited.first.back() + awaited.count.back() == counter) {
    ++awaited.count.back();
    return;
  }
  awaited.first.push_back(counter);
  awaited.count.push_back(1);
}

/// What is still to come of it. `open` gets the counters of the tasks that haven't ended.
Awaited judge(const Prerequisites::Group& group, std::vector<std::uint64_t>& open) {
  Awaited awaited{.role = group.role,
                  .on = static_cast<std::uint8_t>(group.on),
                  .any = group.any,
                  .first = {},
                  .count = {},
                  .engines = {},
                  .broken = {}};
  const Pending* last = nullptr;
  for (const auto& task : group.tasks) {
    if (!task->is_settled()) {
      open.push_back(task->counter);
      continue;
    }
    if (wire::is_met_by(awaited, ending_of(*task))) {
      if (task->process) awaited.engines.push_back(task->process->engine);
      if (!group.any) continue;
      open.clear();  // one is enough
      return awaited;
    }
    last = task.get();
    if (!group.any) break;
  }
  if (last != nullptr && (!group.any || open.empty()))
    awaited.broken = wire::why_impossible(awaited, ending_of(*last), {});
  return awaited;
}

void require_of(const detail::Connection* connection, const Dependencies& tasks) {
  for (const TaskReference& task : tasks.tasks()) {
    if (task.task()->connection.get() != connection) {
      throw ClusterError(
          "a task can only wait for tasks of its own client: get() the other one's result first, "
          "or submit both with the same Client");
    }
  }
}

Prerequisites::Group group_of(Awaited::Role role, const Dependencies& dependencies) {
  Prerequisites::Group group{role, dependencies.on(), dependencies.any(), {}};
  for (const TaskReference& task : dependencies.tasks())
    group.tasks.push_back(task.task());
  return group;
}

}  // namespace

PrerequisitesPtr prerequisites_of(const ViewOptions& options,
                                  const detail::Connection* connection) {
  if (options.after.empty() && options.follow.empty()) return nullptr;
  require_of(connection, options.after);
  require_of(connection, options.follow);
  auto prerequisites = std::make_shared<Prerequisites>();
  if (!options.after.empty())
    prerequisites->groups.push_back(group_of(Awaited::after, options.after));
  if (!options.follow.empty())
    prerequisites->groups.push_back(group_of(Awaited::follow, options.follow));
  return prerequisites;
}

std::vector<detail::Buffer> still_awaited(const Prerequisites& prerequisites) {
  std::vector<detail::Buffer> records;
  for (const Prerequisites::Group& group : prerequisites.groups) {
    std::vector<std::uint64_t> open;
    Awaited awaited = judge(group, open);
    const bool says_where = group.role == Awaited::follow && !awaited.engines.empty();
    if (open.empty() && awaited.broken.empty() && !says_where) continue;
    std::sort(open.begin(), open.end());
    open.erase(std::unique(open.begin(), open.end()), open.end());
    for (const std::uint64_t counter : open) {
      add_run(awaited, counter);
      if (awaited.first.size() < runs_per_record) continue;
      records.push_back(wire::pack(awaited));
      awaited.first.clear();
      awaited.count.clear();
      awaited.engines.clear();
    }
    if (!awaited.first.empty() || open.empty()) records.push_back(wire::pack(awaited));
  }
  return records;
}

}  // namespace muster::client
