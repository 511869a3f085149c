#include "controller/gates.hpp"

#include <algorithm>

#include "protocol/awaited.hpp"

namespace muster::controller {

/// A group may come in several records.
Gates::Group& Gates::group_of(Gate& gate, const wire::Awaited& said) {
  for (Group& group : gate.groups) {
    if (group.said.role != said.role) continue;
    group.where.insert(group.where.end(), said.engines.begin(), said.engines.end());
    return group;
  }
  Group& group = gate.groups.emplace_back();
  group.said.role = said.role;
  group.said.on = said.on;
  group.said.any = said.any;
  group.where = said.engines;
  group.why = said.broken;
  // Then the client has seen one that is enough.
  group.met = said.any && said.first.empty() && said.broken.empty();
  return group;
}

/// One of its tasks has ended.
void Gates::take(Group& group, wire::OutcomeKind kind, EngineRef engine, std::string_view who) {
  ++group.ended;
  if (wire::is_met_by(group.said, kind)) {
    if (engine != none) group.where.push_back(engine);
    group.met = group.met || group.said.any;
  } else if (group.why.empty() || group.said.any) {
    // Of any it is the last that counts, and only once all have ended.
    group.why = wire::why_impossible(group.said, kind, who);
  }
}

/// Where what it follows has run; impossible when that is no single engine and has to be.
Gates::Judged Gates::place_of(const Group& follow) {
  Judged judged;
  std::vector<EngineRef> where = follow.where;
  std::sort(where.begin(), where.end());
  where.erase(std::unique(where.begin(), where.end()), where.end());
  if (where.size() > 1 && !follow.said.any) {
    judged.verdict = Verdict::impossible;
    judged.why = "this task can't start: it has to follow tasks that ran on different engines, " +
                 std::to_string(where[0]) + " and " + std::to_string(where[1]) +
                 "; any_of follows one of them";
  } else if (!where.empty()) {
    judged.where = std::move(where);
  }
  return judged;
}

/// nullopt while it isn't known.
std::optional<Gates::Judged> Gates::decided(const Gate& gate) {
  bool all_met = true;
  for (const Group& group : gate.groups) {
    const bool all_ended = group.ended == group.all;
    const bool broken = !group.why.empty() && !group.met && (!group.said.any || all_ended);
    if (broken) return Judged{Verdict::impossible, 0, group.why};
    all_met = all_met && (group.met || (!group.said.any && all_ended));
  }
  if (!all_met) return std::nullopt;
  Judged judged;
  for (const Group& group : gate.groups) {
    if (group.said.role == wire::Awaited::follow) judged = place_of(group);
  }
  for (const Group& group : gate.groups)
    judged.values.insert(judged.values.end(), group.values.begin(), group.values.end());
  return judged;
}

Gates::Judged Gates::close(Gate gate, const std::vector<Edge>& edges) {
  if (auto judged = decided(gate)) return *std::move(judged);
  const Id id = ++last_;
  for (const Edge& edge : edges)
    watched_[edge.counter].push_back({id, edge.role, edge.index});
  gates_.emplace(id, std::move(gate));
  return {Verdict::waits, id};
}

bool Gates::wants_value(std::uint64_t counter) const {
  const auto watched = watched_.find(counter);
  if (watched == watched_.end()) return false;
  return std::any_of(watched->second.begin(), watched->second.end(), [](const Watcher& watcher) {
    return watcher.role == wire::Awaited::argument;
  });
}

void Gates::ended(std::uint64_t counter, wire::OutcomeKind kind, EngineRef engine,
                  std::string_view who, const wire::Pieces& value) {
  const auto watched = watched_.find(counter);
  if (watched == watched_.end()) return;
  const std::vector<Watcher> watchers = std::move(watched->second);
  watched_.erase(watched);
  for (const Watcher& watcher : watchers) {
    const auto found = gates_.find(watcher.gate);
    if (found == gates_.end()) continue;  // it was decided by another
    Gate& gate = found->second;
    const auto group = std::find_if(gate.groups.begin(), gate.groups.end(), [&](const Group& each) {
      return each.said.role == watcher.role;
    });
    take(*group, kind, engine, who);
    if (watcher.role == wire::Awaited::argument) group->values[watcher.index].value = value;
    if (auto judged = decided(gate)) decide(watcher.gate, gate, *std::move(judged));
  }
}

void Gates::lost(std::uint64_t counter) {
  const auto watched = watched_.find(counter);
  if (watched == watched_.end()) return;
  const std::vector<Watcher> watchers = std::move(watched->second);
  watched_.erase(watched);
  for (const Watcher& watcher : watchers) {
    const auto found = gates_.find(watcher.gate);
    if (found != gates_.end()) decide(watcher.gate, found->second, {Verdict::unknown});
  }
}

void Gates::decide(Id id, const Gate& gate, Judged judged) {
  decisions_.push_back({id, gate.first, gate.count, std::move(judged)});
  gates_.erase(id);
}

}  // namespace muster::controller
