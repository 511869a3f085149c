// Submissions, dispatches and outcomes: the path of every task through the controller.

#include <algorithm>
#include <cassert>
#include <utility>

#include "controller/core.hpp"
#include "controller/core_commons.hpp"
#include "controller/core_lending.hpp"
#include "controller/keeping.hpp"
#include "protocol/limits.hpp"
#include "protocol/module_image.hpp"
#include "protocol/outcome_times.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

/// A wild index must not cost memory: no program has this many functions or sessions.
constexpr std::uint32_t index_max = 1u << 20;
/// Engines that one task may be restricted to.
constexpr std::size_t engine_list_max = 1u << 16;

}  // namespace

bool Core::apply_client(Peer& peer, const wire::Record& record, Instant now) {
  if (record.kind == Kind::question) {
    apply_question(peer, record, now);
    return true;
  }
  if (record.kind == Kind::stand_in) return apply_stand_in(peer, record);
  if (record.kind == Kind::declare_image) return apply_module(peer, record);
  switch (record.kind) {
    case Kind::attach:
      touch(peer);
      return true;
    case Kind::goodbye: {
      const SessionRef session = peer.index;
      end_link(peer, "its client has left", false, now);
      sharing_->end(sessions_.get(session)->id, false);
      if (sessions_.get(session)->kept) {
        detach_session(session, "its client has left");
      } else {
        drop_session(session, "its client has left");
      }
      return true;
    }
    case Kind::submit:
      return apply_submit(peer, record, now);
    case Kind::awaits:
      return apply_awaits(peer, record);
    case Kind::bind:
      return apply_bind(peer, record);
    case Kind::unbind:
      apply_unbind(peer, record);
      return true;
    case Kind::cancel:
      apply_wish(peer.index, record.counter);
      return true;
    case Kind::inventory:
      if (Keeping::awaits_recalled(*this, peer)) {
        keeping_->said_all.push_back(peer.link);
      } else {
        client_said_all(peer.index, now);
      }
      return true;
    case Kind::part:
      return apply_part(peer, record);
    case Kind::roster:
      peer.wants_roster = true;
      roster_due_ = true;
      return true;
    case Kind::declare_code: {
      const auto code = wire::unpack<wire::Code>(record.body);
      if (!code || record.code > index_max) return false;
      const ImageRef image = fleet_.image(wire::digest_of(code->image));
      if (record.code >= peer.codes.size()) peer.codes.resize(record.code + 1, none);
      peer.codes[record.code] = fleet_.code(image, code->entry);
      return true;
    }
    default:
      return Lending{*this}.apply(peer, record);
  }
}

bool Core::apply_submit(Peer& peer, const wire::Record& record, Instant now) {
  ClientSession& session = *sessions_.get(peer.index);
  if (record.code >= peer.codes.size() || peer.codes[record.code] == none) return false;
  const bool streams = (record.flags & wire::body_streams) != 0;
  if (streams && (record.count != 1 || !peer.arriving.open(record))) return false;
  if (record.count == 0 || record.count > task_items_max) return false;
  session.submitted.note(record.counter, wire::nanoseconds_of(submitted_at(record, now)));
  const std::uint64_t end = record.counter + record.count;
  std::vector<wire::Awaited> awaited;
  if (peer.awaits_counter == record.counter) awaited = take_awaited(peer);
  Payload payload;
  bool made = false;
  for (std::uint64_t counter = record.counter; counter < end;) {
    const TaskRef there = session.find(counter);
    if (there != ClientSession::unseen) {
      // Said again, and held already; or its outcome was taken.
      if (there == ClientSession::settled) {
        session.lane.append(Header{.kind = Kind::settled, .counter = counter});
        touch(peer);
      }
      ++counter;
      continue;
    }
    const std::uint64_t next = session.end_of_unseen(counter, end);
    if (!std::exchange(made, true)) {
      const wire::Bytes body = streams ? wire::Bytes() : record.body;
      payload = Payload(scheduler_.arena(), record.options, body, record.counter, record.count);
    }
    const auto count = static_cast<std::uint32_t>(next - counter);
    if (!accept(peer, record, counter, count, payload, awaited, now)) return false;
    counter = next;
  }
  return true;
}

/// Null when it is no options block that a client makes.
std::unique_ptr<TaskHistory> Core::read_options(wire::Bytes bytes) {
  auto options = wire::unpack<wire::TaskOptions>(bytes);
  if (!options) return nullptr;
  // A number that no engine has is answered later; it must not be taken for an index before.
  if (options->target > index_max) return nullptr;
  if (options->values.size() % sizeof(wire::Digest::bytes) != 0) return nullptr;
  const std::vector<std::string_view> names = wire::names_in(options->values);
  const bool shares = !options->arguments.empty();
  if (shares && std::find(names.begin(), names.end(), options->arguments) == names.end())
    return nullptr;
  if (options->target >= 0 && !(options->engines.empty() && options->needs.empty())) return nullptr;
  auto where = wire::numbers_in(options->engines, engine_list_max);
  if (!where) return nullptr;
  auto history = std::make_unique<TaskHistory>();
  try {
    history->needs = wire::Resources(options->needs);
  } catch (const std::invalid_argument&) {
    return nullptr;
  }
  history->where = *std::move(where);
  history->options = *std::move(options);
  return history;
}

/// Takes these counters of a submission, which it sees for the first time.
bool Core::accept(Peer& peer, const wire::Record& record, std::uint64_t counter,
                  std::uint32_t count, const Payload& payload,
                  const std::vector<wire::Awaited>& awaited, Instant now) {
  ClientSession& session = *sessions_.get(peer.index);
  // What was said before was granted by a controller that may have been another one.
  const bool again = (record.flags & wire::said_before) != 0;
  if (counter + count > (again ? session.limit() : session.credit())) return false;
  std::unique_ptr<TaskHistory> history;
  if (!record.options.empty() && !(history = read_options(record.options))) return false;
  const bool streams = (record.flags & wire::body_streams) != 0;
  std::string refused;
  OutcomeKind refusal = OutcomeKind::impossible;
  if (history && !history->options.key.empty()) {
    if (count != 1) return false;
    session.kept = true;  // its client says so, too, on another socket
    const bool may_be_held = again && session.from_before && (record.flags & wire::never_held) == 0;
    Keeping::Named named = Keeping::named(*this, session, counter, history->options, may_be_held);
    if (named.original) {
      if (streams) peer.arriving.drop(peer.arriving.last_number());
      session.lane.append(Header{.kind = Kind::follows, .counter = counter},
                          wire::pack(*named.original).bytes(), {});
      stand_in(peer.index, record, *named.original);
      return true;
    }
    refused = std::move(named.reused);
    if (!refused.empty()) refusal = OutcomeKind::reused;
    history->asks_file = named.asks_file;
  }
  bool lacks = false;
  if (history && !history->options.values.empty()) {
    for (const std::string_view name : wire::names_in(history->options.values)) {
      if (!session.values.expects(name)) return false;
    }
    lacks = lacks_values(session, *history);
  }
  Gates::Id gate = 0;
  if (!awaited.empty()) {
    Gates::Judged judged = session.gates.judge(
        counter, count, awaited, [&](std::uint64_t other) { return session.awaited(other); });
    if (judged.verdict == Gates::Verdict::unknown) {
      if (streams) peer.arriving.drop(peer.arriving.last_number());
      ask_again(session, counter, count);
      return true;
    }
    if (!history) history = std::make_unique<TaskHistory>();
    gate = history->gate = judged.gate;
    for (const wire::Awaited& group : awaited)
      history->lacks_arguments |= group.role == wire::Awaited::argument;
    if (gate != 0) session.behind_gates += count;
    if (refused.empty()) refused = std::move(judged.why);
    if (judged.where && refused.empty()) refused = restrict_to(*history, *judged.where);
  }
  const CodeRef code = peer.codes[record.code];
  const ImageRef image = fleet_.codes[code].image;
  const bool first = scheduler_.waiting(image) == 0;
  const bool parked = again && (session.resending || !recovery_.over());
  const bool asks_file = history && history->asks_file;
  TaskRef task = none;
  if (streams || parked || lacks || gate != 0 || asks_file || !refused.empty()) {
    if (!history) history = std::make_unique<TaskHistory>();
    history->submitted = submitted_at(record, now);
    task = scheduler_.submit_arriving(peer.index, counter, code, image, payload, std::move(history),
                                      count);
    scheduler_[task].body_missing = streams;
    if (lacks) wait_for_values(session, scheduler_[task]);
    scheduler_[task].parked = parked;
  } else {
    task = scheduler_.submit(peer.index, counter, code, image, payload, std::move(history), count);
  }
  session.open_task(counter, task, count);
  counts_.submitted += count;
  if (first || scheduler_[task].target() != none || scheduler_[task].restricted())
    place_due_ = true;
  if (scheduler_[task].history) watch_limits(task, submitted_at(record, now));
  if (!refused.empty()) {
    settle_without_value(task, refusal, refused);
  } else if (!parked && !target_exists(scheduler_[task])) {
    settle_without_value(task, OutcomeKind::engine_lost, "there is no engine of that number");
  } else if (asks_file) {
    Keeping::ask_for_key(*this, peer, counter, scheduler_[task].history->options.key);
  }
  return true;
}

void Core::dispatch_all(Instant now) {
  scheduler_.look_for_others(now);
  while (const auto dispatch = scheduler_.dispatch(now)) {
    Task& task = scheduler_[dispatch->task];
    Process& process = *fleet_.get(fleet_.engines[dispatch->engine].active);
    Peer& peer = *process.peer;
    wire::Lane& lane = *peer.task;
    if (task.session >= peer.sessions_declared.size())
      peer.sessions_declared.resize(task.session + 1);
    if (!peer.sessions_declared[task.session]) {
      peer.sessions_declared[task.session] = true;
      const std::string id = raw(sessions_.get(task.session)->id);
      lane.append(Header{.kind = Kind::declare_session, .session = task.session}, {},
                  wire::bytes_of(id));
    }
    if (task.code >= peer.codes_declared.size()) peer.codes_declared.resize(task.code + 1);
    if (!peer.codes_declared[task.code]) {
      peer.codes_declared[task.code] = true;
      const CodeName& code = fleet_.codes[task.code];
      const detail::Buffer body =
          wire::pack(wire::Code{raw(fleet_.images[code.image].digest), code.entry});
      lane.append(Header{.kind = Kind::declare_code, .code = task.code}, {}, body.bytes());
    }
    if (task.history && !task.history->options.values.empty()) send_values(process, task);
    append_dispatch(lane, task);
    touch(peer);
  }
}

void Core::append_dispatch(wire::Lane& lane, Task& task) {
  wire::Bytes options = task.payload.options();
  const std::uint32_t index = task.payload.index_of(task.counter);
  detail::Buffer own_options;
  if (index != 0) {  // a part of a row travels with the whole row
    wire::TaskOptions part = task.history ? task.history->options : wire::TaskOptions{};
    part.first_item = index;
    own_options = wire::pack(part);
    options = own_options.bytes();
  }
  const int starts = std::min(255, task.starts + 1);
  const Header header{.kind = Kind::dispatch,
                      .flags = task.payload.is_row(),
                      .starts = static_cast<std::uint8_t>(starts),
                      .attempt = task.attempt,
                      .session = task.session,
                      .counter = task.counter,
                      .count = task.count,
                      .code = task.code};
  if (task.history && task.history->body) {
    task.history->stream = lane.append_streaming(header, options, task.history->body);
  } else {
    lane.append(header, options, task.payload.body());
  }
  // Of the message that is being filled.
  task.dispatch_sequence = static_cast<std::uint32_t>(lane.next_sequence());
}

wire::Uuid Core::session_id(const Peer& peer, std::uint32_t index) {
  return index < peer.sessions.size() ? peer.sessions[index].id : wire::Uuid{};
}

SessionRef Core::session_named(Peer& peer, std::uint32_t index) {
  if (index >= peer.sessions.size()) return none;
  Peer::NamedSession& named = peer.sessions[index];
  // A session that was dropped and came back has a new reference under its old name.
  if (sessions_.get(named.session) == nullptr) named.session = sessions_.find(named.id);
  return named.session;
}

void Core::apply_outcome(Peer& peer, const wire::Record& record, Instant now,
                         wire::LargeBodyPtr large) {
  ClientSession* session = sessions_.get(session_named(peer, record.session));
  if (session == nullptr || session->resending) {
    const wire::Uuid id = session_id(peer, record.session);
    if (awaits_client(id)) {
      keep_outcome(id, peer.index, record, std::move(large));
    } else {
      ++counts_.dropped_outcomes;
    }
    return;
  }
  if (record.count == 1 || large) {
    take_outcome(*session, peer.index, record, now, std::move(large));
  } else {
    take_outcomes(*session, peer.index, record, now);
  }
}

void Core::take_outcome(ClientSession& session, ProcessRef process, const wire::Record& record,
                        Instant now, wire::LargeBodyPtr large) {
  const EngineRef engine = process_names_[process].engine;
  TaskRef ref = session.find(record.counter);
  if (ref >= ClientSession::unseen) {
    ++counts_.dropped_outcomes;
    return;
  }
  const auto times = wire::decode_outcome_times(record.options);
  if (times) {
    scheduler_.learn(engine, scheduler_[ref].code, times->run_ns, now);
    timeline_.add(process, scheduler_[ref].code, times->started_ns, times->run_ns,
                  static_cast<OutcomeKind>(record.flags) == OutcomeKind::exception);
  }
  if (scheduler_[ref].counter != record.counter) ref = isolate(session, record.counter);
  bool current = scheduler_.is_current(ref, engine, record.attempt);
  if (scheduler_[ref].state != Task::State::held && scheduler_.may_adopt(ref, record.attempt)) {
    // A predecessor's attempt, of which nothing was known here.
    current = true;
    ref = isolate(session, record.counter);
    scheduler_[ref].attempt = record.attempt;
  }
  if (Task& task = scheduler_[ref]; current && (task.history || task.cancel_wished)) {
    if (!task.history) task.history = std::make_unique<TaskHistory>();
    task.history->attempt_ended(process, times);
  }
  const bool exception = static_cast<OutcomeKind>(record.flags) == OutcomeKind::exception;
  const bool unmet = static_cast<OutcomeKind>(record.flags) == OutcomeKind::unmet &&
                     scheduler_[ref].target() == none;
  if (scheduler_[ref].cancel_wished) {
    ++counts_.dropped_outcomes;  // rule 16: it came after the wish
    if (current) {
      scheduler_[ref].starts = record.starts;
      settle_cancelled(ref);
    }
  } else if (scheduler_[ref].history && drop_late_outcome(ref, record, current)) {
    // Its total limit passed before; or a superseded attempt passed its run limit.
  } else if (exception && scheduler_.may_retry(ref) && !current) {
    // It may be one that was charged before and is sent again; the attempt that is under way
    // decides.
    ++counts_.dropped_outcomes;
  } else if (exception && scheduler_.has_retries(ref)) {
    scheduler_.charge_exception(isolate(session, record.counter), engine);
  } else if (unmet && !current) {
    ++counts_.dropped_outcomes;  // the attempt that is under way decides
  } else if (unmet && try_elsewhere(session, record.counter, engine)) {
    place_due_ = true;
  } else {
    note_completed(session, process, 1);
    if (!current) {  // rule 13: it was superseded
      ref = isolate(session, record.counter);
      order_stop(scheduler_[ref]);
    }
    settle_first(ref, Header{.flags = record.flags, .starts = record.starts, .code = process},
                 record.options, record.body, std::move(large));
  }
  if (scheduler_.held(engine) == 0) place_due_ = true;
}

/// The task has found that this engine lacks something: another one may have it. False when there
/// is none that may run it and hasn't said so.
bool Core::try_elsewhere(ClientSession& session, std::uint64_t counter, EngineRef engine) {
  const Task& task = scheduler_[session.find(counter)];
  std::vector<EngineRef> others = task.history ? task.history->where : std::vector<EngineRef>();
  if (others.empty()) {
    for (EngineRef other = 0; other < fleet_.engines.size(); ++other) {
      if (!fleet_.nodes[fleet_.engines[other].node].left) others.push_back(other);
    }
  }
  std::erase(others, engine);
  if (others.empty()) return false;
  scheduler_.try_elsewhere(isolate(session, counter), std::move(others));
  return true;
}

/// Before the client is told of outcomes of a process.
bool Core::target_exists(const Task& task) const {
  return task.target() == none || task.target() < fleet_.engines.size();
}

void Core::note_completed(ClientSession& session, ProcessRef process, std::uint32_t count) {
  fleet_.engines[process_names_[process].engine].completed += count;
  declare_once(session, process);
}

void Core::declare_once(ClientSession& session, ProcessRef process) {
  if (!session.processes_declared.insert(process).second) return;
  declare_process(session, process, false);
}

void Core::declare_process(ClientSession& session, ProcessRef ref, bool again) {
  const ProcessName& name = Keeping::process_name(*this, ref);
  const detail::Buffer body = wire::pack(wire::Process{name.engine, name.pid, name.host});
  const Header header{.kind = Kind::declare_process, .code = ref};
  if (again) {
    session.lane.append_first(header, {}, body.bytes());
  } else {
    session.lane.append(header, {}, body.bytes());
  }
}

void Core::apply_running(Peer& peer, const wire::Record& record) {
  const Process& process = *fleet_.get(peer.index);
  ClientSession* session = sessions_.get(session_named(peer, record.session));
  const TaskRef ref = session == nullptr ? ClientSession::settled : session->find(record.counter);
  if (ref >= ClientSession::unseen) return;
  if (scheduler_.is_current(ref, process.engine, record.attempt)) {
    cut(*session, record.counter);
    scheduler_[session->find(record.counter)].running = true;
  } else if (!scheduler_.may_adopt(ref, record.attempt)) {
    // Rule 13: a superseded attempt is asked to stop.
    order_cancel(peer, session->id, record.counter, record.attempt, 0);
  }
}

}  // namespace muster::controller
