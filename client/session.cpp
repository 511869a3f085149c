#include "client/session.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

#include "client/loaded_module.hpp"
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

void note_label(wire::Bytes options, Pending& pending) {
  auto task = wire::unpack<wire::TaskOptions>(options);
  if (task && !task->label.empty())
    pending.label = std::make_unique<const std::string>(std::move(task->label));
}

}  // namespace

Session::Session(const Config& config, Instant now)
    : link_(hello_of(config), wire::Lane::Keep::nothing),
      image_(config.image),
      read_file_(config.read_file),
      open_bytes_max_(config.open_bytes_max),
      values_(config.bound_values_max),
      own_engine_(config.own_engine) {
  link_.hello().watermark = base_;
  link_.restart(now);
}

std::uint64_t Session::submit(std::uint32_t code, std::string_view entry, detail::Buffer options,
                              detail::Buffer arguments, std::shared_ptr<Pending> pending,
                              Instant now, PrerequisitesPtr prerequisites) {
  assert(has_credit());
  const std::uint64_t counter = next_counter_++;
  if (prerequisites) wait_for(counter, std::move(prerequisites));
  pending->counter = counter;
  pending->submitted = now;
  name_entry(code, entry);
  tasks_.emplace_back(counter, std::move(pending), nullptr, std::move(options),
                      std::move(arguments), code);
  added(1, now);
  return counter;
}

std::uint64_t Session::submit_items(std::uint32_t code, std::string_view entry,
                                    detail::Buffer options, detail::Buffer body,
                                    std::shared_ptr<detail::ItemOutcomes> outcomes,
                                    std::size_t index, std::uint32_t count, Instant now,
                                    PrerequisitesPtr prerequisites) {
  assert(count > 0 && credit_left() >= count);
  const std::uint64_t first = std::exchange(next_counter_, next_counter_ + count);
  if (prerequisites) wait_for(first, std::move(prerequisites));
  name_entry(code, entry);
  auto row = std::make_unique<OpenRow>(OpenRow{.outcomes = std::move(outcomes),
                                               .index = index,
                                               .count = count,
                                               .open = count,
                                               .submitted = now,
                                               .settled = {},
                                               .known = {},
                                               .cancel_wished = {}});
  tasks_.emplace_back(first, nullptr, std::move(row), std::move(options), std::move(body), code);
  added(count, now);
  return first;
}

std::uint64_t Session::stand_in(const wire::StandIn& wanted, std::shared_ptr<Pending> pending,
                                Instant now) {
  assert(has_credit());
  const std::uint64_t counter = next_counter_++;
  pending->counter = counter;
  pending->submitted = now;
  pending->of_other = wanted.what == wire::StandIn::result;
  if (pending->of_other) ++open_of_others_;
  tasks_.emplace_back(counter, std::move(pending), nullptr, wire::pack(wanted), detail::Buffer(),
                      stands_in);
  added(1, now);
  return counter;
}

void Session::wait_for(std::uint64_t first, PrerequisitesPtr prerequisites) {
  values_.use(prerequisites->values);
  waiting_for_.emplace(first, Waiting{std::move(prerequisites), nullptr});
}

void Session::forget_waiting(std::uint64_t first) {
  const auto found = waiting_for_.find(first);
  if (found == waiting_for_.end()) return;
  values_.release(found->second.prerequisites->values, saying_ ? &link_.task() : nullptr);
  waiting_for_.erase(found);
}

/// The last of tasks_ is new and stands for so many.
void Session::added(std::uint32_t count, Instant now) {
  Open& task = tasks_.back();
  open_bytes_ += task.options.size() + task.arguments.size();
  open_count_ += count;
  if (count == 1 && task.arguments.size() > wire::inline_body_max && !has_holes(task)) {
    task.large = true;
    large_[task.first].arguments = wire::make_large_body(std::move(task.arguments));
  }
  borrowing_.below = UINT64_MAX;
  if (saying_) say(task, task.first, count, now);
}

/// Its arguments are said with what belongs into them.
bool Session::has_holes(const Open& task) const {
  const auto waits = waiting_for_.find(task.first);
  return waits != waiting_for_.end() && !waits->second.prerequisites->holes.empty();
}

void Session::cancel(std::uint64_t counter) {
  Open* task = find(counter);
  if (task == nullptr) return;
  if (task->row) {
    task->row->cancel_wished.add(task->place(counter), 1, task->row->count);
  } else {
    task->cancel_wished = true;
  }
  if (saying_) link_.task().append(Header{.kind = Kind::cancel, .counter = counter});
}

void Session::cancel_items(const detail::ItemOutcomes& outcomes) {
  for (const Open& task : tasks_) {
    if (!task.row || task.row->outcomes.get() != &outcomes) continue;
    for (std::uint64_t counter = task.first; counter < task.end(); ++counter)
      cancel(counter);
  }
}

void Session::cancel_all() {
  for (const Open& task : tasks_) {
    for (std::uint64_t counter = task.first; counter < task.end(); ++counter)
      cancel(counter);
  }
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
  values_.link_is_over();
  // Others get them; whoever waits asks anew.
  borrowing_ = {.waits = borrowing_.waits};
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
        wire::Record lost;
        lost.flags = static_cast<std::uint8_t>(wire::OutcomeKind::lost);
        lost.counter = record.counter;
        take_outcome(*task, lost, {}, now);
      }
      break;
    case Kind::answer:
      if (Open* task = find(record.counter)) {
        // Refused: should the outcome be lost on its way, the task runs again to its end.
        const bool refused =
            record.flags == static_cast<std::uint8_t>(wire::CancelAnswer::finished);
        if (task->row) {
          if (refused) task->row->cancel_wished.remove(task->place(record.counter));
          break;
        }
        if (refused) task->cancel_wished = false;
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
    case Kind::follows:
      apply_follows(record);
      break;
    case Kind::lent:
      apply_lent(record);
      break;
    case Kind::told:
      if (questions_.take(record)) ++news_;
      break;
    case Kind::output:
    case Kind::published:
      record.kind == Kind::output ? apply_output(record) : apply_published(record);
      break;
    case Kind::declare_process:
      apply_process(record);
      break;
    case Kind::inventory:
      apply_inventory(record, now);
      break;
    case Kind::roster:
      if (auto roster = wire::unpack<wire::Roster>(record.body)) {
        take_roster(std::move(roster->engines));
        ++news_;
      }
      break;
    case Kind::fetch:
      send_part(
          record,
          [this](const wire::Digest& file, std::uint64_t offset, std::uint32_t bytes) {
            for (const detail::ModulePtr& module : modules_) {
              if (module->digest() == file) return module->read(offset, bytes);
            }
            return read_file_ ? read_file_(file, offset, bytes) : detail::Buffer();
          },
          link_.control());
      break;
    case Kind::heartbeat:
      if (auto beat = wire::unpack<wire::Heartbeat>(record.body)) {
        waiting_ = beat->waiting;
        if (beat->cluster_engines > 0) engines_ = beat->cluster_engines;
        wait_reason_ = std::move(beat->reason);
        if (borrowing_.waits > 0) {
          // What had begun may wait again, and an engine that was asked may be gone.
          borrowing_.asked.clear();
          borrowing_.below = UINT64_MAX;
          ++news_;
        }
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

/// It settles the task when its body is whole. Until then nothing needs to be said of the task.
void Session::announce_outcome(const wire::Record& record) {
  if (!arriving_.open(record)) {
    malformed_ = true;
    return;
  }
  if (Open* task = find(record.counter)) {
    if (task->row) {
      task->row->known.add(task->place(record.counter), 1, task->row->count);
    } else {
      task->known = true;
    }
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
  if (task.row) {
    take_item(task, record, std::move(body), now);
    return;
  }
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
  }
  pending.process = process_of(record);
  // For those that waited for its value.
  if (pending.kind != wire::OutcomeKind::value && !task.options.empty() && task.code != stands_in)
    note_label(task.options.bytes(), pending);
  if (work_log_) log_work(task, record, pending.started, pending.run);
  if (pending.of_other) --open_of_others_;
  pending.settle(Pending::State::settled);
  task.pending.reset();
  --open_count_;
  settle(task);
}

/// All that it stood for has an outcome.
void Session::settle(Open& task) {
  open_bytes_ -= task.options.size() + task.arguments.size();
  if (!waiting_for_.empty()) forget_waiting(task.first);
  if (!followed_.empty()) followed_.erase(task.first);
  if (task.large) {
    const auto large = large_.find(task.first);
    open_bytes_ -= large->second.arguments->size();
    large_.erase(large);
  }
  task.row.reset();
  ++news_;
  if (borrowing_.waits > 0) borrowing_.below = UINT64_MAX;  // another may have waited for it
  if (&task == &tasks_.front()) {
    forget_settled();
    return;
  }
  // It stays until those before it have settled, but not what it took.
  if (!task.options.empty()) task.options = {};
  task.arguments = {};
}

/// The watermark is the first counter that is open.
void Session::forget_settled() {
  while (!tasks_.empty() && tasks_.front().settled())
    tasks_.pop_front();
  if (tasks_.empty()) {
    base_ = next_counter_;
  } else {
    const Open& front = tasks_.front();
    base_ = std::max(base_, front.first);
    if (front.row) base_ = front.first + front.row->next_open(front.place(base_));
  }
}

void Session::apply_process(const wire::Record& record) {
  if (auto process = wire::unpack<wire::Process>(record.body)) {
    processes_[record.code] = std::make_shared<const wire::Process>(std::move(*process));
  }
}

/// What ran the task: of none that the controller names, this process, if it says when.
std::shared_ptr<const wire::Process> Session::process_of(const wire::Record& outcome) const {
  const auto process = processes_.find(outcome.code);
  if (process != processes_.end()) return process->second;
  return outcome.options.empty() ? nullptr : own_engine_;
}

/// Engines leave a controller. One that was started again may hear of them one after the other.
void Session::take_roster(std::vector<std::uint32_t> engines) {
  if (engine_ids_of_link_) {
    std::set_difference(engine_ids_.begin(), engine_ids_.end(), engines.begin(), engines.end(),
                        std::back_inserter(engines_left_));
  }
  engine_ids_ = std::move(engines);
  engine_ids_known_ = true;
  engine_ids_of_link_ = true;
}

void Session::ask_for_engine_ids() {
  if (std::exchange(engine_ids_wanted_, true)) return;
  if (link_.open()) link_.control().append(Header{.kind = Kind::roster});
}

std::uint64_t Session::ask(wire::Topic topic, detail::Buffer body) {
  const std::uint64_t number = questions_.add(topic, std::move(body));
  if (link_.open()) questions_.say(number, link_.control());
  return number;
}

void Session::leave() {
  if (link_.open()) link_.control().append(Header{.kind = Kind::goodbye});
}

void Session::lose_all(const std::string& reason, Instant now) {
  saying_ = false;
  large_.clear();
  waiting_for_.clear();
  values_.clear();
  for (Open& task : tasks_) {
    if (task.row) {
      lose_items(task, reason, now);
    } else if (task.pending) {
      task.pending->body = detail::Buffer::copy_of(wire::bytes_of(reason));
      task.pending->received = now;
      task.pending->settle(Pending::State::lost);
      task.pending.reset();
    }
  }
  base_ = next_counter_;
  tasks_.clear();
  open_count_ = open_of_others_ = open_bytes_ = 0;
  ++news_;
}

/// What was submitted with this counter, whether or not it is open; null when that was forgotten.
Session::Open* Session::submission(std::uint64_t counter) {
  if (tasks_.empty() || counter < tasks_.front().first || counter >= next_counter_) return nullptr;
  // Each has a counter at least, so it isn't behind this place; without rows it is there.
  const std::uint64_t most = counter - tasks_.front().first;
  if (most == 0) return &tasks_.front();
  const auto end = tasks_.begin() +
                   static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(most, tasks_.size() - 1));
  if (end->first <= counter) return &*end;
  const auto behind =
      std::upper_bound(tasks_.begin(), end, counter,
                       [](std::uint64_t wanted, const Open& task) { return wanted < task.first; });
  return &*std::prev(behind);
}

Session::Open* Session::find(std::uint64_t counter) {
  Open* task = submission(counter);
  return task != nullptr && task->is_open(counter) ? task : nullptr;
}

}  // namespace muster::client
