#include "client/session.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "protocol/item_row.hpp"
#include "protocol/limits.hpp"
#include "protocol/outcome_times.hpp"

namespace muster::client {
namespace {

using wire::Header;
using wire::Kind;

wire::Hello hello_of(const Session::Config& config) {
  wire::Hello hello;
  hello.role = static_cast<std::uint8_t>(wire::Role::client);
  hello.cluster = raw(config.cluster);
  hello.peer = raw(config.session);
  hello.pid = config.pid;
  hello.host = config.host;
  hello.program = config.program;
  hello.image = raw(config.image);
  hello.parts = config.parts;
  hello.objects = config.objects;
  return hello;
}

Instant instant_of(std::int64_t nanoseconds) {
  return Instant(
      std::chrono::duration_cast<Instant::duration>(std::chrono::nanoseconds(nanoseconds)));
}

}  // namespace

Session::Session(const Config& config, Instant now)
    : link_(hello_of(config), wire::Lane::Keep::nothing),
      image_(config.image),
      read_file_(config.read_file),
      open_bytes_max_(config.open_bytes_max) {
  link_.hello().watermark = base_;
  link_.restart(now);
}

std::uint64_t Session::submit(std::uint32_t code, std::string_view entry, detail::Buffer options,
                              detail::Buffer arguments, std::shared_ptr<Pending> pending,
                              Instant now, PrerequisitesPtr prerequisites) {
  assert(has_credit());
  const std::uint64_t counter = next_counter_++;
  if (prerequisites) prerequisites_.emplace(counter, std::move(prerequisites));
  pending->counter = counter;
  pending->submitted = now;
  name_entry(code, entry);
  open_bytes_ += options.size() + arguments.size();
  tasks_.push_back(Open{.pending = std::move(pending),
                        .row = nullptr,
                        .options = std::move(options),
                        .arguments = std::move(arguments),
                        .code = code});
  ++open_count_;
  Open& task = tasks_.back();
  if (task.arguments.size() > wire::inline_body_max) {
    task.large = true;
    large_[counter].arguments = wire::make_large_body(std::move(task.arguments));
  }
  if (saying_) say(counter, 1, now);
  return counter;
}

void Session::submit_row(std::uint32_t code, std::string_view entry, detail::Buffer options,
                         detail::Buffer body, std::span<const std::shared_ptr<Pending>> items,
                         Instant now, PrerequisitesPtr prerequisites) {
  assert(items.size() > 1 && credit_left() >= items.size());
  if (prerequisites) prerequisites_.emplace(next_counter_, std::move(prerequisites));
  open_bytes_ += options.size() + body.size();
  const auto count = static_cast<std::uint32_t>(items.size());
  const auto row =
      std::make_shared<const Row>(Row{next_counter_, count, std::move(options), std::move(body)});
  name_entry(code, entry);
  for (const std::shared_ptr<Pending>& pending : items) {
    pending->counter = next_counter_++;
    pending->submitted = now;
    tasks_.push_back(
        Open{.pending = pending, .row = row, .options = {}, .arguments = {}, .code = code});
  }
  open_count_ += items.size();
  if (saying_) say(row->first, row->count, now);
}

void Session::name_entry(std::uint32_t code, std::string_view entry) {
  if (code >= entries_.size()) entries_.resize(code + 1);
  if (entries_[code].empty()) entries_[code] = entry;
}

void Session::cancel(std::uint64_t counter) {
  Open* task = find(counter);
  if (task == nullptr) return;
  task->cancel_wished = true;
  if (saying_) link_.task().append(Header{.kind = Kind::cancel, .counter = counter});
}

void Session::receive_control(wire::Bytes frame, Instant now) {
  const bool was_open = link_.open();
  const auto apply_record = [&](const wire::Record& record) { apply(record, now); };
  if (link_.receive_control(frame, now, apply_record)) opened(now);
  if (was_open && !link_.open()) no_link_any_more();
}

void Session::receive_task(wire::Bytes frame, const wire::SharedBytes& chunk, Instant now) {
  link_.receive_task(frame, chunk.size(), now, [&](const wire::Record& record) {
    if (record.kind == Kind::chunk) {
      apply_chunk(record, chunk, now);
    } else {
      apply(record, now);
    }
  });
  if (malformed_) restart(now);
  if (!link_.open()) no_link_any_more();
}

void Session::restart(Instant now) {
  link_.hello().watermark = base_;
  link_.restart(now);
  no_link_any_more();
}

void Session::tick(Instant now) {
  link_.hello().watermark = base_;
  if (link_.tick(now)) link_.beat(wire::Heartbeat{}, now);
  if (!link_.open()) no_link_any_more();
}

/// Streams end with their link, in both directions; they start again at zero on the next one.
void Session::no_link_any_more() {
  saying_ = false;
  malformed_ = false;
  arriving_.clear();
}

void Session::apply(const wire::Record& record, Instant now) {
  switch (record.kind) {
    case Kind::outcome:
      if ((record.flags & wire::body_streams) != 0) {
        announce_outcome(record);
      } else {
        apply_outcome(record, now);
      }
      break;
    case Kind::settled:
      // The controller gave this outcome away before; without it here the task can't be told from
      // one that vanished, and saying so beats waiting for ever.
      if (Open* task = find(record.counter)) {
        task->pending->kind = wire::OutcomeKind::lost;
        settle(record.counter, *task);
      }
      break;
    case Kind::answer:
      if (Open* task = find(record.counter)) {
        // Refused: should the outcome be lost on its way, the task runs again to its end.
        if (record.flags == static_cast<std::uint8_t>(wire::CancelAnswer::finished))
          task->cancel_wished = false;
        task->pending->cancel_answer.store(record.flags, std::memory_order_release);
        ++news_;
      }
      break;
    case Kind::credit:
      if (const auto credit = wire::unpack<wire::Credit>(record.body)) {
        credit_ = std::max(credit_, credit->counter);
        ++news_;
      }
      break;
    case Kind::again:
      apply_again(record, now);
      break;
    case Kind::declare_process:
      apply_process(record);
      break;
    case Kind::inventory:
      apply_inventory(record, now);
      break;
    case Kind::roster:
      if (auto roster = wire::unpack<wire::Roster>(record.body)) {
        engine_ids_ = std::move(roster->engines);
        engine_ids_known_ = true;
        ++news_;
      }
      break;
    case Kind::fetch:
      send_part(record, read_file_, link_.control());
      break;
    case Kind::heartbeat:
      if (auto beat = wire::unpack<wire::Heartbeat>(record.body)) {
        waiting_ = beat->waiting;
        if (beat->cluster_engines > 0) engines_ = beat->cluster_engines;
        wait_reason_ = std::move(beat->reason);
      }
      break;
    default:
      break;
  }
}

void Session::apply_outcome(const wire::Record& record, Instant now) {
  if (record.count != 1) {
    apply_values(record, now);
  } else if (Open* task = find(record.counter)) {
    take_outcome(*task, record, detail::Buffer::copy_of(record.body), now);
  } else {
    ++duplicates_dropped_;
  }
}

void Session::apply_values(const wire::Record& record, Instant now) {
  wire::ItemReader values(record.body);
  auto times = wire::decode_outcome_times(record.options);
  const std::int64_t run_ns = times ? times->run_ns / std::max(record.count, 1u) : 0;
  const std::uint64_t end = std::min(record.counter + record.count, end_counter());
  wire::Record one = record;
  one.count = 1;
  wire::EncodedTimes own_times;
  for (; one.counter < end; ++one.counter) {
    one.body = values.next().value_or(wire::Bytes());
    if (times) {
      own_times = wire::encode({.started_ns = times->started_ns, .run_ns = run_ns});
      one.options = own_times;
      times->started_ns += run_ns;
    }
    apply_outcome(one, now);
  }
}

/// It settles the task when its body is whole. Until then nothing needs to be said of the task.
void Session::announce_outcome(const wire::Record& record) {
  if (!arriving_.open(record)) {
    malformed_ = true;
    return;
  }
  if (Open* task = find(record.counter)) {
    task->known = true;
  } else {
    ++duplicates_dropped_;
    arriving_.drop(arriving_.last_number());
  }
}

void Session::apply_chunk(const wire::Record& record, const wire::SharedBytes& bytes, Instant now) {
  const bool taken =
      arriving_.take(record, bytes, [&](wire::Arriving<wire::AssembledBody> arrived) {
        Open* task = find(arrived.header.counter);
        if (task == nullptr) return;
        wire::Record outcome;
        static_cast<Header&>(outcome) = arrived.header;
        outcome.options = arrived.options.bytes();
        if (const char* fault = arrived.body.fault()) {
          outcome.flags = static_cast<std::uint8_t>(wire::OutcomeKind::lost);
          const std::string text = std::string("the task has ended, but not its result: ") + fault;
          take_outcome(*task, outcome, wire::pack(wire::Ending{text, {}}), now);
        } else {
          take_outcome(*task, outcome, std::move(arrived.body.bytes()), now);
        }
      });
  if (!taken) malformed_ = true;
}

void Session::take_outcome(Open& task, const wire::Record& record, detail::Buffer body,
                           Instant now) {
  Pending& pending = *task.pending;
  pending.kind = static_cast<wire::OutcomeKind>(record.flags);
  pending.starts = record.starts;
  pending.body = std::move(body);
  pending.received = now;
  if (const auto times = wire::decode_outcome_times(record.options)) {
    const std::int64_t started = link_.clock().from_controller(times->started_ns);
    // Two clocks and two estimates: keep what a reader sees in the order that it happened.
    pending.started = std::clamp(instant_of(started), pending.submitted, now);
    pending.run = std::chrono::nanoseconds(std::max<std::int64_t>(0, times->run_ns));
    pending.completed = std::min(now, pending.started + pending.run);
    const auto process = processes_.find(record.code);
    if (process != processes_.end()) pending.process = process->second;
  }
  settle(record.counter, task);
}

void Session::settle(std::uint64_t counter, Open& task) {
  task.pending->settle(Pending::State::settled);
  task.pending.reset();
  open_bytes_ -= task.options.size() + task.arguments.size();
  const bool last_of_row = task.row.use_count() == 1;
  if (last_of_row) open_bytes_ -= task.row->options.size() + task.row->body.size();
  if (!prerequisites_.empty() && (!task.row || last_of_row))
    prerequisites_.erase(task.first(counter));
  task.row.reset();
  if (task.large) {
    const auto large = large_.find(counter);
    open_bytes_ -= large->second.arguments->size();
    large_.erase(large);
  }
  task.options = {};
  task.arguments = {};
  --open_count_;
  ++news_;
  while (!tasks_.empty() && tasks_.front().pending == nullptr) {
    tasks_.pop_front();
    ++base_;
  }
}

void Session::apply_process(const wire::Record& record) {
  if (auto process = wire::unpack<wire::Process>(record.body)) {
    processes_[record.code] = std::make_shared<const wire::Process>(std::move(*process));
  }
}

void Session::ask_for_engine_ids() {
  if (std::exchange(engine_ids_wanted_, true)) return;
  if (link_.open()) link_.control().append(Header{.kind = Kind::roster});
}

void Session::leave() {
  if (link_.open()) link_.control().append(Header{.kind = Kind::goodbye});
}

void Session::lose_all(const std::string& reason, Instant now) {
  saying_ = false;
  large_.clear();
  prerequisites_.clear();
  for (Open& task : tasks_) {
    if (task.pending == nullptr) continue;
    task.pending->body = detail::Buffer::copy_of(wire::bytes_of(reason));
    task.pending->received = now;
    task.pending->settle(Pending::State::lost);
    task.pending.reset();
  }
  base_ += tasks_.size();
  tasks_.clear();
  open_count_ = open_bytes_ = 0;
  ++news_;
}

Session::Open* Session::find(std::uint64_t counter) {
  if (counter < base_ || counter >= end_counter()) return nullptr;
  Open& task = tasks_[counter - base_];
  return task.pending == nullptr ? nullptr : &task;
}

}  // namespace muster::client
