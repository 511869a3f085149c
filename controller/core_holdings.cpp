// What an engine says that it holds, on a new link, and what becomes of it (rule 1): it is its own
// still, or was lost with the old link, or isn't wanted any more.

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/core.hpp"

namespace muster::controller {
namespace {

using wire::Header;

/// A wild count must not cost time: no dispatch has so many items.
constexpr std::uint32_t count_max = 1u << 20;

}  // namespace

void Core::read_holdings(Peer& peer, const wire::Inventory& inventory) {
  HeldValues& values = fleet_.get(peer.index)->values;
  for (std::size_t i = 0; i < inventory.values.size() && i < inventory.value_bytes.size(); ++i)
    values.add(inventory.values[i], inventory.value_bytes[i], nullptr);
  if (!inventory.values.empty()) values_due_ = true;
  for (std::size_t i = 0; i < inventory.first.size(); ++i) {
    const std::uint32_t starts = i < inventory.starts.size() ? inventory.starts[i] : 1;
    peer.holdings.push_back({.session = inventory.session,
                             .counter = inventory.first[i],
                             .count = std::min(inventory.count[i], count_max),
                             .attempt = inventory.attempts[i],
                             .starts = static_cast<std::uint8_t>(std::min(255u, starts)),
                             .executing = inventory.executing && i == 0});
  }
  if (inventory.begun.empty() && inventory.begun_forgotten == 0) return;
  Process::Begun& begun = fleet_.get(peer.index)->begun[session_id(peer, inventory.session)];
  begun.counters.insert(inventory.begun.begin(), inventory.begun.end());
  begun.forgotten = std::max(begun.forgotten, inventory.begun_forgotten);
}

/// A task whose outcome is on its way in chunks is held there until the last of them.
void Core::add_arriving(Peer& peer) {
  peer.arriving.for_each([&](const Header& outcome) {
    peer.holdings.push_back({.session = outcome.session,
                             .counter = outcome.counter,
                             .count = 1,
                             .attempt = outcome.attempt,
                             .starts = outcome.starts,
                             .executing = true});
  });
}

/// What the engine holds is its own still, or waits for its client to come back, or isn't wanted.
void Core::claim_or_refuse(Peer& peer, Instant now) {
  unclaimed_.forget_held_by(peer.index);
  for (const Peer::Holding& held : std::exchange(peer.holdings, {})) {
    const HeldRun run{peer.index,   held.counter, held.count,
                      held.attempt, held.starts,  held.executing};
    const wire::Uuid id = session_id(peer, held.session);
    if (awaits_client(id)) {
      unclaimed_.of(id).held.push_back(run);
      continue;
    }
    if (ClientSession* session = sessions_.get(sessions_.find(id))) claim(*session, run, now);
    refuse_if_stale(peer, id, run);
  }
}

void Core::move_what_is_missing(Peer& peer, EngineRef engine) {
  // An attempt's number names one dispatch, which may have several runs left.
  std::unordered_multimap<std::uint64_t, const Peer::Holding*> runs;
  for (const Peer::Holding& holding : peer.holdings)
    runs.emplace(holding.attempt, &holding);
  const auto listed = [&](const Task& task, std::uint64_t counter) {
    const auto [begin, end] = runs.equal_range(task.attempt);
    return std::any_of(begin, end, [&](const auto& run) {
      const Peer::Holding& held = *run.second;
      return session_named(peer, held.session) == task.session && counter >= held.counter &&
             counter - held.counter < held.count;
    });
  };
  std::vector<TaskRef> tasks = scheduler_.tasks_of(engine);
  // From the newest, so that each goes in front of the one that was dispatched after it.
  std::reverse(tasks.begin(), tasks.end());
  for (const TaskRef ref : tasks) {
    const Task& task = scheduler_[ref];
    ClientSession& session = *sessions_.get(task.session);
    const std::uint64_t attempt = task.attempt;
    const std::uint64_t first = task.counter;
    std::uint64_t end = first + task.count;
    std::vector<bool> there(task.count);
    for (std::uint32_t i = 0; i < task.count; ++i)
      there[i] = listed(task, first + i);
    while (end > first) {
      std::uint64_t begin = end - 1;
      while (begin > first && there[begin - 1 - first] == there[end - 1 - first])
        --begin;
      if (!there[end - 1 - first]) take_back(session, begin, end, engine, attempt);
      end = begin;
    }
  }
}

/// What the engine holds and should not: an older attempt, or something to be cancelled.
void Core::refuse_if_stale(Peer& peer, const wire::Uuid& id, const HeldRun& run) {
  const EngineRef engine = fleet_.get(run.process)->engine;
  const ClientSession* session = sessions_.get(sessions_.find(id));
  const std::uint64_t end = run.counter + run.count;
  std::uint64_t first = run.counter;
  for (std::uint64_t counter = first; counter <= end; ++counter) {
    bool wanted = counter == end;
    if (!wanted && session != nullptr) {
      const TaskRef ref = session->find(counter);
      wanted = ref < ClientSession::unseen && scheduler_.is_current(ref, engine, run.attempt) &&
               !scheduler_[ref].cancel_wished;
    }
    if (!wanted) continue;
    if (counter > first) {
      order_cancel(peer, id, first, run.attempt, 0, static_cast<std::uint32_t>(counter - first));
    }
    first = counter + 1;
  }
}

}  // namespace muster::controller
