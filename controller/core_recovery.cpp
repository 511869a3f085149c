// What a controller that was started again does before it knows everything (rule 7). It has lost
// all that its predecessor knew; nodes say which processes they have, engines what they hold,
// clients which tasks they wait for. Until every node and engine of the last known set has said so,
// or 15 s have passed, tasks that clients say again are parked: an engine may hold them. What an
// engine holds it keeps, under its attempt. What is held for clients that haven't come back waits
// for them.

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "controller/core.hpp"
#include "controller/keeping.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {
namespace {

using wire::CancelAnswer;
using wire::Header;
using wire::Kind;

/// More would be a mistake, and cost memory.
constexpr EngineRef engine_max = 1u << 20;

}  // namespace

void Core::begin_recovery(Instant now) {
  // An answer to a predecessor's offer must not be taken for one to ours.
  fleet_.offers = std::uint64_t{config_.epoch} << 32;
  if (config_.epoch == 1) return;
  clients_due_ = now + wire::client_wait;
  clients_awaited_ = true;
  recovery_ = Recovery(now + wire::recovery_wait, config_.known.has_value());
  nobody_ = 0;
  Node& nobody = fleet_.nodes.emplace_back();
  nobody.there = false;
  nobody.left = true;
  if (!config_.known) return;
  give_engines(nobody_, std::vector<EngineRef>());
  add_engines(config_.known->next_engine);
  for (const KnownFleet::KnownNode& known : config_.known->nodes) {
    const auto ref = static_cast<NodeRef>(fleet_.nodes.size());
    Node& node = fleet_.nodes.emplace_back();
    node.id = known.id;
    node.host = known.host;
    give_engines(ref, known.engines);
    recovery_.await(known.id);
  }
  for (const EngineRef engine : config_.known->stopped) {
    if (engine < fleet_.engines.size()) fleet_.engines[engine].stopped = true;
  }
  fleet_said_ = *config_.known;
}

void Core::end_recovery_if_due(Instant now) {
  if (!recovery_.ends(now)) return;
  for (Node& node : fleet_.nodes)
    node.there = node.there && node.met;
  note("tasks of before this start are placed again: " +
       std::string(now - started_ < wire::recovery_wait ? "all engines have said what they hold"
                                                        : "the time to wait for engines is over"));
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    ClientSession* session = sessions_.get(ref);
    if (session != nullptr && !session->resending) unpark(*session);
  }
  remember_fleet();
  place_due_ = true;
}

// --- nodes ---

/// For a successor of this controller.
void Core::remember_fleet() {
  KnownFleet known;
  known.next_engine = static_cast<EngineRef>(fleet_.engines.size());
  for (const Node& node : fleet_.nodes) {
    if (!node.there) continue;
    known.nodes.push_back({node.id, node.host, node.engines});
    std::copy_if(node.engines.begin(), node.engines.end(), std::back_inserter(known.stopped),
                 [this](EngineRef engine) { return fleet_.engines[engine].stopped; });
  }
  std::sort(known.stopped.begin(), known.stopped.end());
  if (known == fleet_said_) return;
  fleet_said_ = known;
  roster_due_ = true;
  fleet_news_ = std::move(known);
}

/// The node that says HELLO, with its engines' ids: those that it was given by whatever controller,
/// else new ones. `none` when they can't be its own.
NodeRef Core::meet_node(const wire::Hello& hello) {
  const wire::Uuid id = wire::uuid_of(hello.peer);
  const auto found = std::find_if(fleet_.nodes.begin(), fleet_.nodes.end(),
                                  [&](const Node& node) { return node.id == id; });
  auto ref = static_cast<NodeRef>(found - fleet_.nodes.begin());
  if (found == fleet_.nodes.end() && !hello.job.empty() && hello.engines.empty()) {
    ref = node_of_rank(hello);
    if (ref == none) return none;
    fleet_.nodes[ref].id = id;
  } else if (found == fleet_.nodes.end()) {
    std::vector<EngineRef> engines = hello.engines;
    if (engines.empty()) {
      for (std::uint32_t slot = 0; slot < hello.slots; ++slot)
        engines.push_back(static_cast<EngineRef>(fleet_.engines.size() + slot));
    } else if (!may_have_engines(engines)) {
      return none;
    }
    fleet_.nodes.emplace_back().id = id;
    give_engines(ref, engines);
  }
  Node& node = fleet_.nodes[ref];
  node.there = true;
  node.is_rank = !hello.job.empty();
  if (node.is_rank) node.left = false;  // it was only cut off
  if (std::exchange(node.met, true)) return ref;
  node.host = hello.host;
  node.stock = fleet_.image(wire::digest_of(hello.image));
  fleet_.images[node.stock].path = hello.program;
  node.images[node.stock].has = Node::Has::ready;
  node.untold = !hello.engines.empty();
  if (!node.untold) recovery_.is_back(node.id);
  return ref;
}

/// The first rank that comes gets the ids for all of its job, whichever it is, so that theirs are
/// consecutive. Until a rank has come its place is that of a node that has left.
NodeRef Core::node_of_rank(const wire::Hello& hello) {
  if (hello.slots != 1 || hello.rank >= hello.ranks) return none;
  if (!fleet_.jobs.contains(hello.job)) {
    if (hello.ranks > engine_max - std::min<std::size_t>(engine_max, fleet_.engines.size()))
      return none;
    fleet_.jobs[hello.job] = {static_cast<NodeRef>(fleet_.nodes.size()), hello.ranks};
    for (std::uint32_t rank = 0; rank < hello.ranks; ++rank) {
      const auto ref = static_cast<NodeRef>(fleet_.nodes.size());
      Node& place = fleet_.nodes.emplace_back();
      place.there = false;
      place.left = true;
      give_engines(ref, {static_cast<EngineRef>(fleet_.engines.size())});
    }
  }
  const Job& job = fleet_.jobs[hello.job];
  if (hello.rank >= job.ranks) return none;
  if (fleet_.nodes[job.first + hello.rank].met) return none;
  return job.first + hello.rank;
}

/// These ids are of no node that is known here. A wild one must not cost memory.
bool Core::may_have_engines(const std::vector<EngineRef>& engines) const {
  return nobody_ != none && std::all_of(engines.begin(), engines.end(), [this](EngineRef engine) {
           return engine < engine_max &&
                  (engine >= fleet_.engines.size() || fleet_.engines[engine].node == nobody_);
         });
}

/// Up to this many; those that are new are nobody's yet.
void Core::add_engines(EngineRef count) {
  while (fleet_.engines.size() < count)
    fleet_.engines.emplace_back().node = nobody_;
}

void Core::give_engines(NodeRef ref, const std::vector<EngineRef>& engines) {
  fleet_.nodes[ref].engines = engines;
  for (const EngineRef engine : engines) {
    add_engines(engine + 1);
    fleet_.engines[engine].node = ref;
  }
}

/// The processes that a node has from before: each will say HELLO, and what it holds.
void Core::apply_filled(Peer& peer, const wire::Record& record, Instant now) {
  Node& node = fleet_.nodes[peer.index];
  const auto filled = wire::unpack<wire::Filled>(record.body);
  if (!filled || !node.untold) return;
  const std::size_t count =
      std::min({filled->engines.size(), filled->images.size(), filled->incarnations.size(),
                filled->alive.size(), filled->ended_ns.size()});
  for (std::size_t i = 0; i < count; ++i) {
    const EngineRef ref = filled->engines[i];
    if (ref >= fleet_.engines.size() || fleet_.engines[ref].node != peer.index) continue;
    const ImageRef image = fleet_.image(wire::digest_of(filled->images[i]));
    Engine& engine = fleet_.engines[ref];
    engine.incarnations[image] = filled->incarnations[i];
    if (filled->ended_ns[i] >= 0)
      engine.served_until[image] = now - std::chrono::nanoseconds(filled->ended_ns[i]);
    if (!filled->alive[i] || fleet_.process_of(ref, image) != none) continue;
    const ProcessRef found = fleet_.add_process(ref, image, now);
    Process& process = *fleet_.get(found);
    process.incarnation = engine.incarnations[image] = filled->incarnations[i];
    process.found = true;
    if (engine.stopped) {
      process.restarts = true;
      order_end(process);
    }
    recovery_.await(found);
  }
  if (record.flags == 0) return;
  node.untold = false;
  recovery_.is_back(node.id);
  std::vector<EarlyEngine> early = std::exchange(early_, {});
  for (EarlyEngine& each : early)
    greet_engine(each.route, std::move(each.hello), now);
  place_due_ = true;
}

/// An engine of this id may have processes that its node hasn't told of yet.
bool Core::may_be_told_of(EngineRef engine) const {
  if (nobody_ == none) return false;
  if (engine >= fleet_.engines.size()) return true;
  const Node& node = fleet_.nodes[fleet_.engines[engine].node];
  return !node.met || node.untold;
}

bool Core::awaits_process_of(EngineRef engine) const {
  if (recovery_.over()) return false;
  const std::vector<ProcessRef>& processes = fleet_.engines[engine].processes;
  return std::any_of(processes.begin(), processes.end(),
                     [this](ProcessRef process) { return recovery_.awaits(process); });
}

// --- what waits for clients ---

/// What engines say of this session's tasks is news that only its client can tell from old ones.
bool Core::awaits_client(const wire::Uuid& id) const {
  const ClientSession* session = sessions_.get(sessions_.find(id));
  if (session != nullptr) return session->resending;
  return clients_awaited_ && !clients_gone_.contains(id);
}

void Core::keep_outcome(const wire::Uuid& session, ProcessRef process, const wire::Record& record,
                        wire::LargeBodyPtr large) {
  for (std::uint32_t i = 0; i < std::min(record.count, task_items_max); ++i)
    unclaimed_.forget_item(session, process, record.counter + i, record.attempt);
  unclaimed_.of(session).outcomes.push_back({.process = process,
                                             .header = record,
                                             .options = detail::Buffer::copy_of(record.options),
                                             .body = detail::Buffer::copy_of(record.body),
                                             .large = std::move(large)});
}

/// A process has ended, and the task that its page names was held by none that is known here.
void Core::note_end(const wire::ProcessEnded& end) {
  if (!end.named) return;
  const wire::Uuid id = wire::uuid_of(end.session);
  if (awaits_client(id)) {
    unclaimed_.of(id).ends.push_back(end);
  } else if (ClientSession* session = sessions_.get(sessions_.find(id))) {
    apply_end(*session, end);
  }
}

void Core::apply_end(ClientSession& session, const wire::ProcessEnded& end) {
  TaskRef ref = session.find(end.counter);
  if (ref >= ClientSession::unseen || scheduler_[ref].state == Task::State::held) return;
  if (!scheduler_.may_adopt(ref, end.attempt)) return;
  ref = isolate(session, end.counter);
  scheduler_[ref].attempt = end.attempt;
  if (scheduler_[ref].cancel_wished) return;
  if (end.over_limit) {
    if (scheduler_[ref].history) settle_overdue_task(ref, end.initializing);
  } else if (!end.by_order) {
    charge_death(ref, end.engine, end);
  }
}

/// A client has said again all that it waits for. What engines hold or have kept of its tasks is
/// its own now, by attempts: an outcome, the end of a process in it, a process that holds it still.
void Core::client_said_all(SessionRef ref, Instant now) {
  ClientSession& session = *sessions_.get(ref);
  if (!std::exchange(session.resending, false)) return;
  SessionNews news = unclaimed_.take(session.id);
  std::stable_sort(news.outcomes.begin(), news.outcomes.end(),
                   [](const KeptOutcome& a, const KeptOutcome& b) {
                     return a.header.attempt < b.header.attempt;
                   });
  for (KeptOutcome& kept : news.outcomes) {
    wire::Record record;
    static_cast<Header&>(record) = kept.header;
    record.options = kept.options.bytes();
    record.body = kept.body.bytes();
    if (record.count == 1 || kept.large) {
      take_outcome(session, kept.process, record, now, std::move(kept.large));
    } else {
      take_outcomes(session, kept.process, record, now);
    }
  }
  for (const wire::ProcessEnded& end : news.ends)
    apply_end(session, end);
  for (const HeldRun& run : news.held)
    claim(session, run, now);
  for (const HeldRun& run : news.held) {
    const Process* process = fleet_.get(run.process);
    if (process != nullptr && process->peer != nullptr)
      refuse_if_stale(*process->peer, session.id, run);
  }
  if (recovery_.over()) unpark(session);
  Keeping::take_up_postponed(*this, now);
  place_due_ = true;
}

/// The process goes on with those of the run that are open, unless a later attempt is known.
void Core::claim(ClientSession& session, const HeldRun& run, Instant now) {
  const Process* process = fleet_.get(run.process);
  if (process == nullptr || fleet_.engines[process->engine].active != run.process) return;
  const std::uint64_t end = std::min(run.counter + run.count, session.end());
  for (std::uint64_t counter = run.counter; counter < end;) {
    TaskRef ref = session.find(counter);
    if (ref >= ClientSession::unseen || !scheduler_.may_adopt(ref, run.attempt)) {
      ++counter;
      continue;
    }
    const bool executing = run.executing && counter == run.counter;
    cut(session, counter);
    cut(session, executing ? counter + 1 : end);
    ref = session.find(counter);
    order_stop(scheduler_[ref]);  // whoever holds an earlier attempt
    scheduler_.adopt(ref, process->engine, run.attempt, now);
    Task& task = scheduler_[ref];
    task.starts = static_cast<std::uint8_t>(std::max(1, int{run.starts}) - 1);
    task.running = executing;
    counts_.adopted += task.count;
    if (task.cancel_wished) order_stop(task);
    counter += task.count;
  }
}

/// No engine holds what is parked still.
void Core::unpark(ClientSession& session) {
  for (const TaskRef ref : session.open_tasks()) {
    const Task& task = scheduler_[ref];
    if (!task.parked) continue;
    scheduler_.unpark(ref);
    if (task.cancel_wished) {
      settle_cancelled(ref);
    } else if (const std::string reason = why_not_again(task); !reason.empty()) {
      settle_without_value(ref, wire::OutcomeKind::engine_lost, reason);
    }
  }
}

/// Rule 17: what is addressed runs at most once. It may have, on a process that has ended, or its
/// outcome was with the controller that has ended. Empty when it hasn't, or isn't addressed.
std::string Core::why_not_again(const Task& task) const {
  if (task.target() == none) return "";
  if (!target_exists(task)) return "there is no engine of that number";
  const std::string whose = "engine " + std::to_string(task.target());
  const Engine& engine = fleet_.engines[task.target()];
  const Node& node = fleet_.nodes[engine.node];
  if (!node.met || node.untold) return "the node of " + whose + " has not come back";
  const auto ended = engine.served_until.find(scheduler_.image_of(task));
  if (ended != engine.served_until.end() && task.history->submitted <= ended->second)
    return "the process of " + whose + ", to which the task was addressed, has ended";
  const Process* process = fleet_.get(fleet_.process_of(task.target(), scheduler_.image_of(task)));
  if (process == nullptr || !process->found) return "";
  const auto begun = process->begun.find(sessions_.get(task.session)->id);
  if (!process->served) return whose + " has not said whether it runs the task";
  if (begun != process->begun.end() && begun->second.may_contain(task.counter))
    return "it ran on " + whose + ", and its outcome was lost with the controller";
  return "";
}

/// Its client won't come back: engines needn't go on.
void Core::drop_unclaimed(const wire::Uuid& session) {
  const SessionNews news = unclaimed_.take(session);
  counts_.dropped_outcomes += news.outcomes.size();
  for (const HeldRun& run : news.held) {
    const Process* process = fleet_.get(run.process);
    if (process == nullptr || process->peer == nullptr) continue;
    order_cancel(*process->peer, session, run.counter, run.attempt, 0, run.count);
  }
}

}  // namespace muster::controller
