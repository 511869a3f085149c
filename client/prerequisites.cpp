#include "client/prerequisites.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <muster/detail/pending.hpp>
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

/// By which a person finds it.
std::string name_of(const detail::PendingPtr& ended_task) {
  const std::string id = detail::id(ended_task).text();
  return ended_task->label ? *ended_task->label + ", " + id : id;
}

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

/// What tasks or items that have ended mean for a group.
struct Ended {
  bool met = false;                    // one of them has ended as it has to
  std::optional<OutcomeKind> unmet;    // one hasn't: how
  std::string who;                     // and which that is
  std::vector<std::uint32_t> engines;  // where those ran that have
};

Ended ended_of(const Awaited& awaited, const detail::PendingPtr& ended_task) {
  const Pending& task = *ended_task;
  Ended ended;
  if (!wire::is_met_by(awaited, ending_of(task))) {
    ended.unmet = ending_of(task);
    ended.who = name_of(ended_task);
    return ended;
  }
  ended.met = true;
  if (task.process) ended.engines.push_back(task.process->engine);
  return ended;
}

Ended ended_of(const Awaited& awaited, const detail::AwaitedItems& map) {
  const detail::ItemOutcomes::Summary summary = map.outcomes->summary();
  const detail::ItemOutcomes::Engines& engines = map.outcomes->engines;
  const std::size_t failures = summary.failed + map.unsubmitted_failed;
  const std::size_t values = summary.settled + map.unsubmitted - failures;
  Ended ended;
  const auto add = [&](std::size_t count, OutcomeKind kind, const auto& where, std::string who) {
    if (count == 0) return;
    if (!wire::is_met_by(awaited, kind)) {
      ended.unmet = kind;
      ended.who = std::move(who);
      return;
    }
    ended.met = true;
    ended.engines.insert(ended.engines.end(), where.begin(), where.end());
  };
  add(values, OutcomeKind::value, engines.of_values, "an item of a map");
  // What the input couldn't give has thrown.
  add(failures,
      summary.failed > 0 ? static_cast<OutcomeKind>(summary.failure) : OutcomeKind::exception,
      engines.of_failures,
      summary.failed > 0 ? "item " + std::to_string(summary.failure_index) + " of a map"
                         : "an item that a map's input couldn't give");
  return ended;
}

/// What is still to come of a group. `open` gets the counters of the tasks that haven't ended.
class Judge {
 public:
  explicit Judge(const Prerequisites::Group& group)
      : any_(group.any),
        awaited_{.role = group.role,
                 .on = static_cast<std::uint8_t>(group.on),
                 .any = group.any,
                 .first = {},
                 .count = {},
                 .engines = {},
                 .at = {},
                 .broken = {}} {}

  /// What has ended of it. False when nothing else can change the judgement.
  bool take(const detail::PendingPtr& task) { return take(ended_of(awaited_, task)); }
  bool take(const detail::AwaitedItems& map) { return take(ended_of(awaited_, map)); }

  bool take(const Ended& ended) {
    awaited_.engines.insert(awaited_.engines.end(), ended.engines.begin(), ended.engines.end());
    if (ended.unmet) {
      unmet_ = ended.unmet;
      culprit_ = ended.who;
    }
    met_ = met_ || (ended.met && any_);
    return any_ ? !met_ : !unmet_;
  }

  Awaited judged(std::vector<std::uint64_t>& open) {
    if (met_) {
      open.clear();
    } else if (unmet_ && (!any_ || open.empty())) {
      awaited_.broken = wire::why_impossible(awaited_, *unmet_, culprit_);
    } else if (any_ && open.empty()) {
      awaited_.broken = "this task can't start: it waits for any item of a map that has none";
    }
    return std::move(awaited_);
  }

 private:
  const bool any_;
  Awaited awaited_;
  bool met_ = false;  // and that is enough
  std::optional<OutcomeKind> unmet_;
  std::string culprit_;  // that has ended so
};

Awaited judge(const Prerequisites::Group& group, const AddOpenItems& add_open_items,
              std::vector<std::uint64_t>& open) {
  Judge judge(group);
  for (const auto& task : group.tasks) {
    if (!task->is_settled()) {
      open.push_back(task->counter);
    } else if (!judge.take(task)) {
      return judge.judged(open);
    }
  }
  for (const auto& map : group.maps) {
    if (!judge.take(*map)) return judge.judged(open);
    add_open_items(*map->outcomes, open);
  }
  return judge.judged(open);
}

void require_of(const detail::Connection* connection,
                const std::shared_ptr<detail::Connection>& of_task) {
  if (of_task.get() == connection) return;
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
      awaited.broken = wire::why_impossible(awaited, ending_of(*hole.task), name_of(hole.task));
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
  Prerequisites::Group group{role, dependencies.on(), dependencies.any(), {}, dependencies.maps()};
  for (const TaskReference& task : dependencies.tasks()) {
    require_of(connection, task.task()->connection);
    group.tasks.push_back(task.task());
  }
  for (const auto& map : group.maps)
    require_of(connection, map->connection.lock());
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
    require_of(connection, hole.task->connection);
  prerequisites->holes = std::move(holes);
  prerequisites->values = std::move(values);
  return prerequisites;
}

std::vector<detail::Buffer> still_awaited(const Prerequisites& prerequisites,
                                          std::size_t argument_bytes,
                                          const AddOpenItems& add_open_items) {
  std::vector<detail::Buffer> records;
  for (const Prerequisites::Group& group : prerequisites.groups) {
    std::vector<std::uint64_t> open;
    Awaited awaited = judge(group, add_open_items, open);
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
