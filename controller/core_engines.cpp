// Engines' processes: how one joins, what it holds, and what happens to its tasks when it ends.

#include <algorithm>
#include <utility>
#include <vector>

#include "controller/core.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {
namespace {

using wire::Kind;

constexpr std::uint32_t index_max = 1u << 20;

/// Starts that fail in a row before an image is said not to run on a host.
constexpr std::uint32_t failed_starts_max = 3;

}  // namespace

void Core::greet_engine(RouteId route, wire::Hello hello, Instant now) {
  const ImageRef image = fleet_.image(wire::digest_of(hello.image));
  const ProcessRef ref =
      hello.engine < fleet_.engines.size() ? fleet_.process_of(hello.engine, image) : none;
  Process* process = fleet_.get(ref);
  if (process == nullptr && may_be_told_of(hello.engine)) {
    // Its node, which knows of it, hasn't come back yet. It says HELLO again, but not soon.
    std::erase_if(early_, [route](const EarlyEngine& early) { return early.route == route; });
    early_.push_back({route, std::move(hello)});
    return;
  }
  if (process == nullptr || process->incarnation != hello.incarnation ||
      process->state == Process::State::ended) {
    answer_outside(route, Kind::goodbye, 0,
                   "engine " + std::to_string(hello.engine) + " has a newer process");
    return;
  }
  if (const std::string trouble = library_trouble(image, hello); !trouble.empty()) {
    Node& node = fleet_.nodes[fleet_.engines[process->engine].node];
    node.images[image].has = Node::Has::failed;
    node.images[image].reason = "on " + node.host + ": " + trouble;
    note_image_failure(image, node.images[image].reason);
    order_end(*process);
    answer_outside(route, Kind::goodbye, 0, trouble);
    place_due_ = true;
    return;
  }
  // It may be back before its client, when this controller has succeeded another.
  if (fleet_.images[image].objects.empty()) fleet_.images[image].objects = hello.objects;
  if (process->peer != nullptr)
    end_link(*process->peer, "its engine opened a new link", false, now);
  process->id = wire::uuid_of(hello.peer);
  process->pid = hello.pid;
  process->state = Process::State::joining;
  process->since = now;
  process->values.clear();
  const Node& node = fleet_.nodes[fleet_.engines[process->engine].node];
  if (ref >= process_names_.size()) process_names_.resize(ref + 1);
  process_names_[ref] = {process->engine, process->pid, node.host};

  Peer& peer = open_link(route, std::move(hello), wire::Role::engine, now);
  peer.index = ref;
  peer.task = &peer.own_task;
  peer.own_task.open(peer.link);
  process->peer = &peer;
  welcome(peer, {}, now);
}

bool Core::apply_engine(Peer& peer, const wire::Record& record, Instant now) {
  switch (record.kind) {
    case Kind::attach:
      return true;
    case Kind::outcome:
      // One whose body streams counts when that is whole.
      if ((record.flags & wire::body_streams) != 0) return peer.arriving.open(record);
      apply_outcome(peer, record, now);
      break;
    case Kind::output:
    case Kind::published:
      pass_on_news(peer, record);
      break;
    case Kind::running:
      apply_running(peer, record);
      break;
    case Kind::returned:
      apply_returned(peer, record);
      break;
    case Kind::answer:
      apply_answer(peer, record);
      break;
    case Kind::recalled:
      apply_recalled(peer, now);
      break;
    case Kind::inventory:
      apply_inventory(peer, record, now);
      break;
    case Kind::retired:
      apply_retired(peer);
      break;
    case Kind::unbind:
      if (Process* process = fleet_.get(peer.index))
        send_after_all(*process, wire::text_of(record.options));
      break;
    case Kind::declare_session: {
      if (record.session > index_max) return false;
      if (record.session >= peer.sessions.size()) peer.sessions.resize(record.session + 1);
      const wire::Uuid id = wire::uuid_of(wire::text_of(record.body));
      peer.sessions[record.session] = {id, sessions_.find(id)};
      return true;
    }
    default:
      return false;
  }
  return true;
}

void Core::apply_inventory(Peer& peer, const wire::Record& record, Instant now) {
  if (record.attempt != peer.link) return;  // kept from an older link and sent again: old news
  const auto inventory = wire::unpack<wire::Inventory>(record.body);
  if (!inventory || inventory->attempts.size() != inventory->first.size() ||
      inventory->count.size() != inventory->first.size()) {
    return;
  }
  read_holdings(peer, *inventory);
  if (record.flags == 0) return;
  peer.inventory_whole = true;
  Process& process = *fleet_.get(peer.index);
  if (process.state != Process::State::joining) return;
  process.state = Process::State::ready;
  process.served = true;
  process.given_up = false;
  process.since = now;
  Engine& engine = fleet_.engines[process.engine];
  engine.failed_starts = 0;
  fleet_.nodes[engine.node].images[process.image].failed_starts = 0;
  recovery_.is_back(peer.index);
  add_arriving(peer);
  // Rule 1: both sides say what they hold, and the difference is done again.
  if (engine.active == peer.index) {
    move_what_is_missing(peer, process.engine);
    claim_or_refuse(peer, now);
    set_suspect(process.engine, false);
    resume(process.engine);
  } else {
    // Of several processes that a predecessor had started, the one with tasks is the active one.
    const bool may = !peer.holdings.empty() || !awaits_process_of(process.engine);
    if (engine.active == none && may && (engine.wanted == none || engine.wanted == process.image)) {
      make_active(process.engine, peer.index, now);
    }
    claim_or_refuse(peer, now);
  }
  // What was asked back on another link was perhaps not heard.
  if (is_draining(process.engine)) take_back_unstarted(process.engine);
  place_due_ = true;
}

void Core::make_active(EngineRef ref, ProcessRef process, Instant now) {
  Engine& engine = fleet_.engines[ref];
  engine.active = process;
  engine.wanted = none;
  engine.switched = now;
  engine.suspect = false;
  engine.beat = {};
  scheduler_.activate(ref, fleet_.get(process)->image);
  if (is_draining(ref)) scheduler_.suspend(ref);
  place_due_ = true;
}

void Core::set_suspect(EngineRef ref, bool suspect) {
  Engine& engine = fleet_.engines[ref];
  if (engine.suspect == suspect) return;
  engine.suspect = suspect;
  if (suspect) {
    scheduler_.suspend(ref);
  } else {
    resume(ref);
  }
}

/// It gets tasks again, unless there is another reason why it shouldn't.
void Core::resume(EngineRef ref) {
  const Engine& engine = fleet_.engines[ref];
  if (engine.wanted != none || engine.suspect || is_draining(ref)) return;
  const Process* active = fleet_.get(engine.active);
  if (active != nullptr && active->restarts) return;
  scheduler_.resume(ref);
}

// --- ends ---

void Core::apply_process_ended(Peer& node, const wire::Record& record, Instant now) {
  auto end = wire::unpack<wire::ProcessEnded>(record.body);
  if (!end || end->engine >= fleet_.engines.size()) return;
  if (fleet_.engines[end->engine].node != node.index) return;
  const ImageRef image = fleet_.image(wire::digest_of(end->image));
  const ProcessRef ref = fleet_.process_of(end->engine, image);
  const Process* process = fleet_.get(ref);
  if (process != nullptr && process->incarnation == end->incarnation) {
    end_is_known(ref, std::move(*end), now);
    return;
  }
  // One that a predecessor had ordered, or it is said again.
  std::uint32_t& ended = fleet_.engines[end->engine].ended[image];
  if (end->incarnation <= ended) return;
  ended = end->incarnation;
  if (fleet_.nodes[node.index].untold) note_end(*end);
}

/// It is stopped, or hangs, or nothing of what it says arrives. Its node ends it, so that it can do
/// nothing any more, and says by its page what it was at; but isn't waited for for long.
void Core::give_up(ProcessRef ref, Instant now) {
  if (fleet_.get(ref) == nullptr) return;
  Process& process = *fleet_.get(ref);
  if (process.state == Process::State::ended) return;
  const std::string reason =
      "it had been silent for " +
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(wire::dead_after).count()) +
      " s";
  const bool node_there = fleet_.nodes[fleet_.engines[process.engine].node].peer != nullptr;
  if (process.given_up || !node_there) {
    declare_dead(ref, reason, now);
    return;
  }
  process.given_up = true;
  process.since = now;
  order_end(process, reason);
}

void Core::declare_dead(ProcessRef ref, std::string reason, Instant now) {
  if (fleet_.get(ref) == nullptr) return;
  wire::ProcessEnded end;
  end.reason = std::move(reason);
  end_is_known(ref, std::move(end), now);
}

/// Rule 12: its last outcomes may still be on their way.
void Core::end_is_known(ProcessRef ref, wire::ProcessEnded end, Instant now) {
  Process& process = *fleet_.get(ref);
  if (process.state == Process::State::ended) return;
  if (fleet_.engines[process.engine].active == ref) scheduler_.suspend(process.engine);
  const bool had_joined = process.state != Process::State::starting;
  process.state = Process::State::ended;
  process.since = now;
  process.end = std::move(end);
  // A start that was cut short with its node says nothing of the image.
  const bool node_there = fleet_.nodes[fleet_.engines[process.engine].node].peer != nullptr;
  if (!had_joined && node_there && !process.found) start_failed(process, *process.end, now);
  ending_.push_back(ref);
  deadline_ = std::min(deadline_, now + std::chrono::milliseconds(10));
  conclude_if_heard(ref, now);
}

void Core::conclude_if_heard(ProcessRef ref, Instant now) {
  const Process* process = fleet_.get(ref);
  if (process == nullptr || process->state != Process::State::ended) return;
  const Peer* peer = process->peer;
  const bool may_have_more = peer != nullptr && peer->link == process->end->link &&
                             peer->task->applied() < process->end->sent_sequence;
  if (may_have_more && now - process->since < wire::late_news_wait) return;
  conclude(ref, now);
}

void Core::conclude(ProcessRef ref, Instant now) {
  std::erase(ending_, ref);
  Process& process = *fleet_.get(ref);
  const wire::ProcessEnded end = *process.end;
  const EngineRef id = process.engine;
  Engine& engine = fleet_.engines[id];
  if (process.peer != nullptr) end_link(*process.peer, "its process has ended", false, now);
  recovery_.is_back(ref);
  unclaimed_.forget_held_by(ref);
  std::uint32_t& ended = engine.ended[process.image];
  ended = std::max(ended, process.incarnation);
  const TaskRef named = named_task(process, end);
  if (named != none && end.ran_ns > 0) {
    // Whose outcome won't say it.
    timeline_.add_cut(ref, scheduler_[named].code, wire::nanoseconds_of(now), end.ran_ns);
  }
  if (named != none) {
    Task& task = scheduler_[named];
    if (!task.history) task.history = std::make_unique<TaskHistory>();
    std::optional<wire::OutcomeTimes> run;
    if (end.ran_ns > 0) {
      run = wire::OutcomeTimes{.started_ns = wire::nanoseconds_of(now) - end.ran_ns,
                               .run_ns = end.ran_ns};
    }
    task.history->attempt_ended(ref, run);
  }
  if (named == none) {
    note_end(end);
  } else if (end.over_limit) {
    settle_overdue_task(named, end.initializing);
  } else if (end.named && !end.by_order) {
    charge_death(named, id, end);
  }
  if (engine.active == ref) {
    std::vector<TaskRef> rest = scheduler_.deactivate(id);
    std::reverse(rest.begin(), rest.end());
    for (const TaskRef task : rest) {
      if (process.restarts && scheduler_[task].target() != none) {
        settle_ended(task);  // those below may have come since, and are spared
      } else {
        move_or_cancel(task);
      }
    }
  }
  if (!end.by_order) {
    if (process.served) timeline_.add_death(ref, wire::nanoseconds_of(now));
    note("engine " + std::to_string(id) + ": process " + std::to_string(process.pid) + " ended" +
         (end.signal != 0 ? " by signal " + std::to_string(end.signal) : "") +
         (end.exit_code >= 0 ? " with exit code " + std::to_string(end.exit_code) : "") +
         (end.reason.empty() ? "" : ", because " + end.reason) +
         (end.text.empty() ? "" : ": " + end.text));
  }
  const bool restarted = process.restarts;
  const ImageRef image = process.image;
  if (engine.wanted == process.image) give_up_switch(id);
  if (process.served || process.found) engine.served_until[process.image] = now;
  // One that was to be replaced has none any more: what came since is for its successor.
  if (process.served && !process.restarts) settle_addressed(id, process.image);
  fleet_.remove_process(ref);
  if (engine.wanted != none && engine.active == none) finish_switch(id, now);
  place_due_ = true;
  // Soon there will be tasks for the next one.
  const bool empty = engine.wanted == none && engine.active == none;
  if (restarted && empty && can_fill(id, image, now)) fill(id, image, now);
}

/// Bound to the process of this image, though it had not come to them (rule 17).
void Core::settle_addressed(EngineRef engine, ImageRef image) {
  for (const TaskRef task : scheduler_.addressed_tasks(engine, image))
    settle_ended(task);
}

/// The task that the page of a process names, if the process held it; else none. Of a row only the
/// item is meant (rule 18): its neighbours don't pay, and it runs alone.
TaskRef Core::named_task(const Process& process, const wire::ProcessEnded& end) {
  ClientSession* session = sessions_.get(sessions_.find(wire::uuid_of(end.session)));
  const TaskRef ref = session == nullptr ? ClientSession::settled : session->find(end.counter);
  if (ref >= ClientSession::unseen) return none;
  if (!scheduler_.is_current(ref, process.engine, end.attempt)) return none;
  return isolate(*session, end.counter);
}

/// Rules 11 and 14: only the task that the page names pays for the death.
void Core::charge_death(TaskRef ref, EngineRef engine, const wire::ProcessEnded& end) {
  ++counts_.crashes;
  ++fleet_.engines[engine].crashes;
  const std::string& host = fleet_.nodes[fleet_.engines[engine].node].host;
  const Scheduler::Verdict verdict = scheduler_.charge_crash(
      ref, wire::Death{engine, host, end.pid, end.signal, end.exit_code, end.text, end.reason});
  if (verdict == Scheduler::Verdict::final) {
    settle_ended(ref);
  } else {
    settle_if_late(ref);
  }
}

/// It ended before it said HELLO: the image may not run on that host at all.
void Core::start_failed(const Process& process, const wire::ProcessEnded& end, Instant now) {
  if (end.by_order) return;
  Engine& engine = fleet_.engines[process.engine];
  ++engine.failed_starts;
  const auto back_off = std::chrono::milliseconds(100) * (1 << std::min(engine.failed_starts, 6u));
  engine.retry_at = now + back_off;
  Node& node = fleet_.nodes[engine.node];
  Node::ImageState& state = node.images[process.image];
  if (++state.failed_starts < failed_starts_max && !end.never_started) return;
  state.has = Node::Has::failed;
  state.reason = "on " + node.host + ": ";
  if (!end.text.empty() || !end.reason.empty()) {
    state.reason += end.text.empty() ? end.reason : end.text;
  } else {
    state.reason +=
        "it ended before it could serve, with exit code " + std::to_string(end.exit_code);
  }
  note_image_failure(process.image, state.reason);
  place_due_ = true;
}

}  // namespace muster::controller
