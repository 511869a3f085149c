#include "engine/session.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

#include "protocol/limits.hpp"
#include "protocol/outcome_times.hpp"
#include "protocol/time_limit.hpp"

namespace muster::engine {
namespace {

using wire::Header;
using wire::Kind;

/// Until the controller says more, outcomes wait at most this long while the engine has more to
/// run: a message costs two wake-ups, which is more than most short tasks do.
constexpr std::chrono::microseconds outcomes_wait_at_first{250};
/// Nobody is made to wait longer, whatever a heartbeat says.
constexpr std::chrono::milliseconds outcomes_wait_max{100};
/// A task expected to run longer than this doesn't start before earlier outcomes are on their way,
/// unless as many are there as hide what that costs.
constexpr std::int64_t middle_task_ns = 200'000;
/// Then they wait no longer than this, the next task's run included.
constexpr std::chrono::milliseconds outcomes_wait_behind_middle{4};
/// And while so many tasks wait here: the controller has time to send more.
constexpr std::size_t queued_while_waiting = 3;

wire::Hello hello_of(const Session::Config& config) {
  wire::Hello hello;
  hello.role = static_cast<std::uint8_t>(wire::Role::engine);
  hello.cluster = raw(config.cluster);
  hello.peer = raw(config.process);
  hello.pid = config.pid;
  hello.host = config.host;
  hello.program = config.program;
  hello.image = raw(config.image);
  hello.engine = config.engine;
  hello.incarnation = config.incarnation;
  hello.objects = config.objects;
  return hello;
}

void bind(std::vector<std::uint32_t>& table, std::uint32_t index, std::uint32_t value) {
  // A declared index is dense in practice; a wild one must not cost memory.
  constexpr std::uint32_t index_max = 1u << 24;
  if (index > index_max) return;
  if (index >= table.size()) table.resize(index + 1, UINT32_MAX);
  table[index] = value;
}

}  // namespace

Session::Session(const Config& config, Instant now)
    : link_(hello_of(config), wire::Lane::Keep::until_applied),
      quick_item_ns_(config.quick_item_ns),
      last_flush_(now),
      outcomes_wait_(outcomes_wait_at_first) {
  link_.restart(now);
}

void Session::receive_control(wire::Bytes frame, Instant now) {
  interrupt_run(now);
  if (link_.receive_control(frame, now, [&](const wire::Record& record) { apply(record, now); })) {
    opened();
    if (first_opened_ == Instant{}) first_opened_ = now;
  }
}

void Session::receive_task(wire::Bytes frame, const wire::SharedBytes& chunk, Instant now) {
  interrupt_run(now);
  link_.receive_task(frame, chunk.size(), now, [&](const wire::Record& record) {
    if (record.kind == Kind::chunk) {
      apply_chunk(record, chunk);
    } else {
      apply(record, now);
    }
  });
  if (malformed_) {
    malformed_ = false;
    link_.restart(now);
  }
  if (!remembered_.empty() || !remembered_recalls_.empty()) carry_out_remembered(now);
}

void Session::tick(Instant now) {
  interrupt_run(now);
  if (executing_ && run_limit_.ask_to_stop(now)) stop_wish_ = true;
  if (!link_.tick(now)) return;
  wire::Heartbeat heartbeat;
  if (executing_) {
    heartbeat.executing = true;
    heartbeat.session = raw(sessions_[executing_->session].id);
    heartbeat.counter = executing_->counter;
    heartbeat.executing_ns = wire::nanoseconds_of(now) - wire::nanoseconds_of(executing_->since);
    heartbeat.stopping = run_limit_.cancelled();
  }
  heartbeat.round_trip_ns = link_.clock().round_trip();
  link_.beat(std::move(heartbeat), now);
}

void Session::apply(const wire::Record& record, Instant now) {
  switch (record.kind) {
    case Kind::dispatch:
      apply_dispatch(record);
      break;
    case Kind::bind:
      apply_bind(record);
      break;
    case Kind::unbind:
      values_.forget(wire::text_of(record.options));
      from_node_.erase(wire::text_of(record.options));
      if (!current_.shares_arguments()) shared_arguments_ = {};
      break;
    case Kind::cancel:
      apply_cancel(record, now);
      break;
    case Kind::recall:
      apply_recall(record);
      break;
    case Kind::heartbeat:
      apply_pace(record);
      break;
    case Kind::declare_session:
      bind(session_of_link_, record.session,
           session_index(wire::uuid_of(wire::text_of(record.body))));
      break;
    case Kind::declare_code:
      if (const auto code = wire::unpack<wire::Code>(record.body)) {
        bind(code_of_link_, record.code, code_index(*code));
      }
      break;
    default:
      break;  // what a later version may add
  }
}

void Session::apply_dispatch(const wire::Record& record) {
  if ((record.flags & wire::body_streams) != 0) {
    if (!arriving_.open(record)) malformed_ = true;
    return;
  }
  const std::uint32_t session = looked_up(session_of_link_, record.session);
  const std::uint32_t code = looked_up(code_of_link_, record.code);
  if (session == unknown || code == unknown) return;
  const bool is_row = (record.flags & 1) != 0;
  std::optional<wire::TaskOptions> options;
  if (!record.options.empty()) options = wire::unpack<wire::TaskOptions>(record.options);
  Assignment& assignment =
      queue_.emplace_back(record.counter, record.count, detail::Buffer::copy_of(record.body),
                          is_row, options ? options->first_item : 0);
  assignment.session = session;
  assignment.code = code;
  assignment.attempt = record.attempt;
  assignment.starts = record.starts;
  queued_ += record.count;
  if (!options) return;
  apply_options(assignment, *options);
  std::vector<std::string> lacks = lacking(*options);
  if (lacks.empty()) return;
  queued_ -= record.count;
  parked_.add(std::move(queue_.back()), std::move(lacks));
  queue_.pop_back();
}

/// A dispatch whose arguments stream is queued when they are whole: those behind it don't wait.
void Session::apply_chunk(const wire::Record& record, const wire::SharedBytes& bytes) {
  const bool taken =
      arriving_.take(record, bytes, [&](wire::Arriving<wire::AssembledBody> arrived) {
        const Header& dispatch = arrived.header;
        if (dispatch.kind == Kind::bind) {
          value_is_here(wire::text_of(arrived.options.bytes()),
                        wire::SharedBytes::of(std::move(arrived.body.bytes())),
                        arrived.body.fault());
          return;
        }
        const std::uint32_t session = looked_up(session_of_link_, dispatch.session);
        const std::uint32_t code = looked_up(code_of_link_, dispatch.code);
        if (session == unknown || code == unknown) return;
        Assignment assignment(dispatch.counter, 1, std::move(arrived.body.bytes()), false, 0);
        assignment.session = session;
        assignment.code = code;
        assignment.attempt = dispatch.attempt;
        assignment.starts = dispatch.starts;
        assignment.fault = arrived.body.fault();
        const auto options = wire::unpack<wire::TaskOptions>(arrived.options.bytes());
        std::vector<std::string> lacks;
        if (options) {
          apply_options(assignment, *options);
          lacks = lacking(*options);
        }
        if (lacks.empty()) {
          queue_in_order(std::move(assignment));
        } else {
          parked_.add(std::move(assignment), std::move(lacks));
        }
      });
  if (!taken) malformed_ = true;
}

void Session::apply_options(Assignment& assignment, const wire::TaskOptions& options) {
  assignment.run_limit_ns = options.run_ns;
  assignment.cancel_ns = options.cancel_ns;
  assignment.addressed = options.target >= 0;
  assignment.whole = options.whole;
  assignment.lifespan = options.lifespan;
  if (!options.arguments.empty()) assignment.share_arguments(options.arguments);
  if (!options.shared.empty())
    assignment.shared = std::make_shared<const std::vector<std::string>>(options.shared);
  if (options.initializer.empty()) return;
  auto known = std::find_if(
      initializers_.begin(), initializers_.end(),
      [&](const Initializer& initializer) { return initializer.name == options.initializer; });
  if (known == initializers_.end()) {
    initializers_.push_back({.name = options.initializer});
    known = std::prev(initializers_.end());
  }
  known->limit_ns = options.init_ns;
  assignment.initializer = &*known;
}

void Session::apply_pace(const wire::Record& record) {
  const auto beat = wire::unpack<wire::Heartbeat>(record.body);
  if (!beat || beat->outcomes_wait_ns <= 0) return;
  outcomes_wait_ = std::min<Instant::duration>(std::chrono::nanoseconds(beat->outcomes_wait_ns),
                                               outcomes_wait_max);
}

std::optional<Job> Session::start_next(Instant now) {
  assert(!executing_ && !run_.active());
  if (queued_ == 0 || retires_ || keeps_too_much()) return std::nullopt;
  if (current_.left() == 0) {
    current_ = std::move(queue_.front());
    queue_.pop_front();
  }
  const bool prepared = is_prepared(current_);
  if (current_.is_plain_row() && prepared && current_.lifespan == 0) {
    KnownCode& code = codes_[current_.code];
    const bool quick = code.run_ns >= 0 && code.run_ns < quick_item_ns_;
    if (quick && code.careful == 0) return start_run(now);
    if (code.careful > 0) --code.careful;
  }
  const Assignment::Item item = current_.start_next();
  --queued_;
  retires_ = ++started_ >= current_.lifespan && current_.lifespan != 0;
  if (current_.addressed) remember_begun(current_.session, item.counter);
  executing_ = Executing{current_.session, item.counter,  current_.attempt,
                         current_.starts,  current_.code, now};
  stop_wish_ = false;
  run_limit_ = RunLimit(prepared ? current_.run_limit_ns : current_.initializer->limit_ns, now);
  Job job{current_.session, item.counter,   current_.attempt, current_.starts,
          current_.code,    item.arguments, current_.fault};
  if (!prepared) job.initializer = current_.initializer;
  job.shared = current_.shared.get();
  if (current_.shares_arguments()) find_arguments(job);
  return job;
}

/// What the initializer took is no time of the task's.
bool Session::begin_prepared(Instant now) {
  if (run_limit_.passed(now)) return false;
  current_.initializer->done = true;
  executing_->since = now;
  run_limit_.begin(current_.run_limit_ns, now);
  return true;
}

void Session::wear_out(Instant now) {
  if (retires_) return;
  interrupt_run(now);
  if (started_ == 0) return;
  retires_ = true;
  if (!executing_ && !run_.active()) say_retired_if_due();
}

/// Behind the last outcome. What is still held here was never started, and moves when the process
/// has been ended.
void Session::say_retired_if_due() {
  if (retires_) link_.task().append(Header{.kind = Kind::retired});
}

void Session::finish(wire::OutcomeKind kind, wire::Bytes body, Instant now) {
  if (run_limit_.passed(now)) {
    finish_over_limit(now);
    return;
  }
  const Header header = outcome_header(kind);
  link_.task().append(header, end_execution(now), body);
  say_retired_if_due();
}

void Session::finish_large(wire::OutcomeKind kind, detail::Buffer body, Instant now) {
  if (run_limit_.passed(now)) {
    finish_over_limit(now);
    return;
  }
  const Header header = outcome_header(kind);
  link_.task().append_streaming(header, end_execution(now), wire::make_large_body(std::move(body)));
  say_retired_if_due();
}

void Session::finish_over_limit(Instant now) {
  const Limit limit = is_prepared(current_) ? Limit::run : Limit::init;
  const detail::Buffer ending = wire::pack(wire::ending_of(limit, run_limit_.nanoseconds()));
  const Header header = outcome_header(wire::OutcomeKind::timed_out);
  link_.task().append(header, end_execution(now), ending.bytes());
  say_retired_if_due();
}

Header Session::outcome_header(wire::OutcomeKind kind) {
  assert(executing_);
  declare_session(executing_->session);
  return Header{.kind = Kind::outcome,
                .flags = static_cast<std::uint8_t>(kind),
                .starts = executing_->starts,
                .attempt = executing_->attempt,
                .session = executing_->session,
                .counter = executing_->counter};
}

/// When it ran, for its outcome.
wire::EncodedTimes Session::end_execution(Instant now) {
  const Instant since = executing_->since;
  const std::int64_t run_ns = wire::nanoseconds_of(now) - wire::nanoseconds_of(since);
  learn(executing_->code, run_ns, 1);
  executing_.reset();
  run_limit_ = {};
  if (current_.left() == 0) current_ = {};  // its body may be large
  return times_of(since, run_ns);
}

wire::EncodedTimes Session::times_of(Instant since, std::int64_t run_ns) const {
  const std::int64_t started = link_.clock().to_controller(wire::nanoseconds_of(since));
  return wire::encode(wire::OutcomeTimes{.started_ns = started, .run_ns = run_ns});
}

/// So many tasks of this code took so long each.
void Session::learn(std::uint32_t code, std::int64_t run_ns, std::uint32_t count) {
  std::int64_t& smoothed = codes_[code].run_ns;
  smoothed = smoothed < 0 ? run_ns : smoothed + (run_ns - smoothed) * std::min(count, 8u) / 16;
}

bool Session::take_stop_wish() {
  return std::exchange(stop_wish_, false);
}

void Session::report_running(Instant now) {
  interrupt_run(now);
  if (!executing_ || executing_->reported || now - executing_->since < wire::running_after) return;
  executing_->reported = true;
  declare_session(executing_->session);
  link_.task().append(Header{.kind = Kind::running,
                             .attempt = executing_->attempt,
                             .session = executing_->session,
                             .counter = executing_->counter});
}

bool Session::flush_due(Instant now) const {
  if (link_.task().streams_move()) return true;
  if (!has_output()) return false;
  if (keeps_too_much() || retires_ || queued_ == 0) return true;
  const std::int64_t run_ns = next_run_ns();
  if (run_ns < 0) return true;
  const Instant::duration waited = now - last_flush_;
  if (run_ns < middle_task_ns) return waited >= outcomes_wait_;
  return queued_ < queued_while_waiting ||
         waited + std::chrono::nanoseconds(run_ns) > outcomes_wait_behind_middle;
}

/// What the next task is expected to take; negative when nobody knows.
std::int64_t Session::next_run_ns() const {
  const std::uint32_t code = current_.left() > 0 ? current_.code : queue_.front().code;
  return codes_[code].run_ns;
}

std::uint32_t Session::session_index(const wire::Uuid& id) {
  const auto [place, added] =
      session_by_id_.try_emplace(id, static_cast<std::uint32_t>(sessions_.size()));
  if (added) sessions_.push_back({id, false});
  return place->second;
}

std::uint32_t Session::code_index(const wire::Code& code) {
  const auto [place, added] =
      code_by_name_.try_emplace(code.image + code.entry, static_cast<std::uint32_t>(codes_.size()));
  if (added) codes_.push_back({wire::digest_of(code.image), code.entry, -1});
  return place->second;
}

void Session::declare_session(std::uint32_t index) {
  if (sessions_[index].declared) return;
  sessions_[index].declared = true;
  const std::string id = raw(sessions_[index].id);
  link_.task().append(Header{.kind = Kind::declare_session, .session = index}, {},
                      wire::bytes_of(id));
}

}  // namespace muster::engine
