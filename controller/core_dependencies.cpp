// Tasks that wait for others (ViewOptions::after, follow). What holds a submission back is a gate
// of its session (gates.hpp); here is what opens it and what becomes of the tasks behind it.

#include <algorithm>
#include <utility>

#include "controller/core.hpp"
#include "protocol/awaited.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

/// As far apart as counters of one session are.
constexpr std::size_t awaited_max = std::size_t{1} << 22;

/// Each in front of the next, for one task each, which gives a value.
bool names_places(const wire::Awaited& arguments) {
  return arguments.at.size() == arguments.first.size() && arguments.on == wire::Awaited::success &&
         !arguments.any && std::is_sorted(arguments.at.begin(), arguments.at.end()) &&
         std::all_of(arguments.count.begin(), arguments.count.end(),
                     [](std::uint32_t count) { return count == 1; });
}

/// A value as it is kept for who has it as an argument.
wire::Pieces pieces_of(wire::Bytes body, const wire::LargeBodyPtr& large) {
  if (large) return large->pieces();
  wire::Pieces pieces;
  pieces.push_back(wire::SharedBytes::of(detail::Buffer::copy_of(body)));
  return pieces;
}

}  // namespace

/// Kept until the submission itself comes. False for what can't be true: a task that waits for
/// itself or a later one, or for more than there can be.
bool Core::apply_awaits(Peer& client, const wire::Record& record) {
  auto awaited = wire::unpack<wire::Awaited>(record.body);
  if (!awaited || awaited->first.size() != awaited->count.size()) return false;
  if (awaited->role > wire::Awaited::argument || awaited->on > wire::Awaited::end) return false;
  if (awaited->role == wire::Awaited::argument && !names_places(*awaited)) return false;
  if (client.awaits_counter != record.counter) {
    client.awaits_counter = record.counter;
    client.awaits.clear();
    client.awaited_tasks = 0;
  }
  for (std::size_t run = 0; run < awaited->first.size(); ++run) {
    client.awaited_tasks += awaited->count[run];
    if (awaited->first[run] + awaited->count[run] > record.counter) return false;
    if (client.awaited_tasks > awaited_max) return false;
  }
  client.awaits.push_back(*std::move(awaited));
  return true;
}

std::vector<wire::Awaited> Core::take_awaited(Peer& client) {
  client.awaits_counter = 0;
  return std::exchange(client.awaits, {});
}

/// What such a task waits for this controller can't tell. Its client knows how all of that has
/// ended, or will when it reads this: the outcomes come before it. Or has the task run itself.
void Core::ask_again(ClientSession& session, std::uint64_t counter, std::uint32_t count) {
  session.lane.append(Header{.kind = Kind::again, .counter = counter, .count = count});
  ++counts_.asked_again;
  if (session.peer != nullptr) touch(*session.peer);
}

/// The first `count` items of it have ended so.
void Core::tell_who_waits(const Task& task, const Header& how, EngineRef engine, wire::Bytes body,
                          const wire::LargeBodyPtr& large) {
  ClientSession& session = *sessions_.get(task.session);
  Gates& gates = session.gates;
  const auto kind = static_cast<OutcomeKind>(how.flags);
  const bool passes_value =
      how.count == 1 && kind == OutcomeKind::value && gates.wants_value(task.counter);
  const wire::Pieces value = passes_value ? pieces_of(body, large) : wire::Pieces();
  for (std::uint32_t i = 0; i < how.count; ++i) {
    const std::uint64_t counter = task.counter + i;
    if (!gates.watches(counter)) continue;
    // By its id it is found: muster result, muster debug.
    std::string who = session.name_of(counter);
    if (task.history && !task.history->options.label.empty())
      who = task.history->options.label + ", " + who;
    gates.ended(counter, kind, engine, who, value);
  }
  if (gates.has_decisions()) gates_due_.push_back(task.session);
}

/// The client has all outcomes below the watermark, also of tasks that are open here: it doesn't
/// want those any more.
void Core::advance(SessionRef ref, std::uint64_t watermark) {
  ClientSession& session = *sessions_.get(ref);
  for (const TaskRef task : session.advance(watermark)) {
    if (scheduler_[task].awaits()) --session.behind_gates;
    session.gates.lost(scheduler_[task].counter);
    scheduler_.forget_first(task);
  }
  if (session.gates.has_decisions()) gates_due_.push_back(ref);
}

/// A task that can't start ends here, and others may have waited for it.
void Core::open_gates() {
  while (!gates_due_.empty()) {
    const SessionRef ref = gates_due_.back();
    gates_due_.pop_back();
    ClientSession* session = sessions_.get(ref);
    if (session == nullptr) continue;
    for (const Gates::Decision& decision : session->gates.take_decisions())
      carry_out(*session, decision);
  }
}

void Core::carry_out(ClientSession& session, const Gates::Decision& decision) {
  const std::uint64_t end = std::min(decision.first + decision.count, session.end());
  for (std::uint64_t counter = decision.first; counter < end;) {
    const TaskRef ref = session.find(counter);
    if (ref >= ClientSession::unseen || !scheduler_[ref].awaits() ||
        scheduler_[ref].history->gate != decision.gate) {
      ++counter;
      continue;
    }
    Task& task = scheduler_[ref];
    counter = task.counter + task.count;
    if (decision.judged.verdict == Gates::Verdict::unknown && task.state == Task::State::arriving) {
      const std::uint64_t first = task.counter;
      const std::uint32_t count = task.count;
      forget_submission(session, ref);
      ask_again(session, first, count);
    } else if (decision.judged.verdict == Gates::Verdict::impossible &&
               task.state == Task::State::arriving) {
      settle_without_value(ref, OutcomeKind::impossible, decision.judged.why);
    } else {
      open(session, ref, decision.judged);
    }
  }
}

/// Or a task that an engine has, since before this controller: its gate was opened then.
void Core::open(ClientSession& session, TaskRef ref, const Gates::Judged& judged) {
  Task& task = scheduler_[ref];
  session.behind_gates -= task.count;
  task.history->values = judged.values;
  if (judged.where && task.state == Task::State::arriving) {
    if (const std::string why = restrict_to(*task.history, *judged.where); !why.empty()) {
      task.history->gate = 0;
      settle_without_value(ref, OutcomeKind::impossible, why);
      return;
    }
  }
  if (!task.body_missing && !fill_arguments(ref)) return;
  scheduler_.gate_is_open(ref);
  place_due_ = true;
}

/// It has to run where others ran (ViewOptions::follow), which may rule out what it names itself.
/// Empty, or why it can't start.
std::string Core::restrict_to(TaskHistory& history, const std::vector<EngineRef>& where) {
  const std::int64_t target = history.options.target;
  std::vector<EngineRef> named = history.where;
  if (target >= 0) named = {static_cast<EngineRef>(target)};
  std::vector<EngineRef> both;
  std::set_intersection(where.begin(), where.end(), named.begin(), named.end(),
                        std::back_inserter(both));
  if (!named.empty() && both.empty()) {
    return "this task can't start: it has to follow a task that ran on engine " +
           std::to_string(where.front()) + ", which isn't among its targets";
  }
  if (target < 0) history.where = named.empty() ? where : std::move(both);
  return "";
}

/// Puts results of other tasks into its arguments, which are whole. False when it ended instead.
bool Core::fill_arguments(TaskRef ref) {
  Task& task = scheduler_[ref];
  if (!task.history || task.history->values.empty()) return true;
  const std::vector<wire::Filling> values = std::exchange(task.history->values, {});
  std::size_t size = task.argument_bytes();
  for (const wire::Filling& value : values)
    size += wire::size_of(value.value);
  if (size > wire::body_bytes_max) {
    task.history->gate = 0;
    settle_without_value(ref, OutcomeKind::impossible, wire::too_large_together());
    return false;
  }
  const wire::LargeBodyPtr& large = task.history->body;
  const wire::Pieces arguments =
      large ? large->pieces() : wire::Pieces{wire::SharedBytes(nullptr, task.payload.body())};
  detail::Buffer body = wire::filled_body(arguments, values);
  const bool streams = body.size() > wire::inline_body_max;
  Payload payload(scheduler_.arena(), task.payload.options(),
                  streams ? wire::Bytes() : body.bytes());
  task.history->lacks_arguments = false;
  scheduler_.set_arguments(ref, std::move(payload),
                           streams ? wire::make_large_body(std::move(body)) : nullptr);
  return true;
}

/// As if it had never been submitted; its client will again.
void Core::forget_submission(ClientSession& session, TaskRef ref) {
  const Task& task = scheduler_[ref];
  if (task.awaits()) session.behind_gates -= task.count;
  for (std::uint32_t i = 0; i < task.count; ++i)
    session.forget(task.counter + i);
  counts_.submitted -= task.count;
  scheduler_.release(ref);
}

}  // namespace muster::controller
