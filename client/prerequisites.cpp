#include "client/prerequisites.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <muster/error.hpp>

#include "protocol/awaited.hpp"
#include "protocol/filled_body.hpp"
#include "protocol/limits.hpp"

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
                  .at = {},
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

void require_of(const detail::Connection* connection, const Pending& task) {
  if (task.connection.get() == connection) return;
  throw ClusterError(
      "a task can only wait for tasks of its own client: get() the other one's result first, or "
      "submit both with the same Client");
}

bool has_value(const Pending& task) {
  return task.is_settled() && ending_of(task) == OutcomeKind::value;
}

/// Of values that are there, with the arguments into which they belong.
bool fit_together(std::size_t argument_bytes, const std::vector<detail::Hole>& holes) {
  std::size_t size = argument_bytes;
  for (const detail::Hole& hole : holes) {
    if (has_value(*hole.task)) size += hole.task->body.size();
  }
  return size <= wire::body_bytes_max;
}

/// What is missing in the arguments, which have been filled with what is there.
Awaited judge(std::size_t argument_bytes, const std::vector<detail::Hole>& holes) {
  Awaited awaited;
  awaited.role = Awaited::argument;
  if (!fit_together(argument_bytes, holes)) awaited.broken = wire::too_large_together();
  std::size_t filled = 0;
  for (const detail::Hole& hole : holes) {
    if (has_value(*hole.task)) {
      filled += hole.task->body.size();
    } else if (hole.task->is_settled()) {
      awaited.broken = wire::why_impossible(awaited, ending_of(*hole.task), {});
    } else {
      awaited.first.push_back(hole.task->counter);
      awaited.count.push_back(1);
      awaited.at.push_back(hole.at + filled);
    }
  }
  return awaited;
}

Prerequisites::Group group_of(Awaited::Role role, const Dependencies& dependencies,
                              const detail::Connection* connection) {
  Prerequisites::Group group{role, dependencies.on(), dependencies.any(), {}};
  for (const TaskReference& task : dependencies.tasks()) {
    require_of(connection, *task.task());
    group.tasks.push_back(task.task());
  }
  return group;
}

}  // namespace

PrerequisitesPtr prerequisites_of(const ViewOptions& options, const detail::Connection* connection,
                                  std::vector<detail::Hole> holes, detail::BoundValues values) {
  if (options.after.empty() && options.follow.empty() && holes.empty() && values.empty())
    return nullptr;
  auto prerequisites = std::make_shared<Prerequisites>();
  const auto add = [&](Awaited::Role role, const Dependencies& dependencies) {
    if (!dependencies.empty())
      prerequisites->groups.push_back(group_of(role, dependencies, connection));
  };
  add(Awaited::after, options.after);
  add(Awaited::follow, options.follow);
  for (const detail::Hole& hole : holes)
    require_of(connection, *hole.task);
  prerequisites->holes = std::move(holes);
  prerequisites->values = std::move(values);
  return prerequisites;
}

std::vector<detail::Buffer> still_awaited(const Prerequisites& prerequisites,
                                          std::size_t argument_bytes) {
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
  if (!prerequisites.holes.empty()) {
    const Awaited missing = judge(argument_bytes, prerequisites.holes);
    if (!missing.first.empty() || !missing.broken.empty()) records.push_back(wire::pack(missing));
  }
  return records;
}

detail::Buffer filled_arguments(wire::Bytes arguments, const Prerequisites& prerequisites) {
  std::vector<wire::Filling> fillings;
  const bool fit = fit_together(arguments.size(), prerequisites.holes);
  for (const detail::Hole& hole : prerequisites.holes) {
    if (fit && has_value(*hole.task))
      fillings.push_back({hole.at, {wire::SharedBytes(nullptr, hole.task->body.bytes())}});
  }
  const wire::SharedBytes whole(nullptr, arguments);
  return wire::filled_body({&whole, 1}, fillings);
}

}  // namespace muster::client
