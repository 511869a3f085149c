// Outcomes of a map's items, which mostly come many at a time.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "client/item_log.hpp"
#include "client/session.hpp"
#include "protocol/arguments_text.hpp"
#include "protocol/item_row.hpp"
#include "protocol/outcome_times.hpp"

namespace muster::client {
namespace {

using detail::ItemOutcome;

std::chrono::nanoseconds run_of(const wire::Record& record) {
  const auto times = wire::decode_outcome_times(record.options);
  return std::chrono::nanoseconds(times ? std::max<std::int64_t>(0, times->run_ns) : 0);
}

}  // namespace

/// Values of neighbours. What the library has already of them is passed over.
void Session::apply_values(const wire::Record& record, Instant now) {
  const std::uint64_t end = std::min(record.counter + record.count, next_counter_);
  for (std::uint64_t counter = record.counter; counter < end;) {
    Open* task = submission(counter);
    if (task == nullptr || task->settled() || !task->is_open(counter)) {
      ++duplicates_dropped_;
      ++counter;
      continue;
    }
    std::uint64_t last = counter + 1;
    while (task->row && last < end && last < task->end() && task->is_open(last))
      ++last;
    wire::Record part = record;
    part.counter = counter;
    part.count = static_cast<std::uint32_t>(last - counter);
    detail::Buffer values =
        part.count == record.count
            ? detail::Buffer::copy_of(record.body)
            : wire::part_of_row(record.body, static_cast<std::uint32_t>(counter - record.counter),
                                part.count);
    // Their times are those of all: a part has its share.
    const auto run = run_of(record) * part.count / record.count;
    counter = last;
    if (task->row) {
      take_items(*task, part, std::move(values), run, now);
    } else {
      take_outcome(*task, part, std::move(values), now);
    }
  }
}

/// `record.count` neighbours, all open, have the same ending.
void Session::take_items(Open& task, const wire::Record& record, detail::Buffer body,
                         std::chrono::nanoseconds run, Instant now) {
  OpenRow& row = *task.row;
  const std::uint32_t first = task.place(record.counter);
  ItemOutcome outcome{.index = row.index + first,
                      .count = record.count,
                      .how = ItemOutcome::How::value,
                      .kind = record.flags,
                      .engine = -1,
                      .body = std::move(body)};
  if (static_cast<wire::OutcomeKind>(record.flags) != wire::OutcomeKind::value) {
    outcome.how = ItemOutcome::How::failed;
    const auto process = process_of(record);
    if (!record.options.empty() && process) outcome.engine = static_cast<int>(process->engine);
  }
  if (work_log_ && run.count() > 0) {
    const auto times = wire::decode_outcome_times(record.options);
    const std::int64_t started = times ? link_.clock().from_controller(times->started_ns) : 0;
    log_work(task, record, std::min(now, Instant(std::chrono::nanoseconds(started))), run);
  }
  if (!record.options.empty()) note_engine(*row.outcomes, record);
  if (row.outcomes->keeps_info()) {
    const detail::ItemTimes times = times_of(row, record, run, now);
    row.outcomes->put(std::move(outcome), run, now, &times);
  } else {
    row.outcomes->put(std::move(outcome), run, now);
  }
  row.open -= record.count;
  open_count_ -= record.count;
  if (row.open == 0) {
    settle(task);
    return;
  }
  row.settled.add(first, record.count, row.count);
  ++news_;
  if (&task == &tasks_.front()) forget_settled();
}

/// Mostly one that is known to have run some.
void Session::note_engine(detail::ItemOutcomes& outcomes, const wire::Record& record) {
  auto& engines = outcomes.engines;
  if (engines.link != link_.links_opened()) {
    engines.link = link_.links_opened();
    engines.noted.clear();
  }
  const bool failed = record.flags != static_cast<std::uint8_t>(wire::OutcomeKind::value);
  const std::size_t mark = std::size_t{2} * record.code + (failed ? 1 : 0);
  if (mark < engines.noted.size() && engines.noted[mark]) return;
  const auto process = processes_.find(record.code);
  if (process == processes_.end()) return;
  if (mark >= engines.noted.size()) engines.noted.resize(mark + 1);
  engines.noted[mark] = true;
  auto& those = failed ? engines.of_failures : engines.of_values;
  const std::uint32_t engine = process->second->engine;
  if (std::find(those.begin(), those.end(), engine) == those.end()) those.push_back(engine);
}

detail::ItemTimes Session::times_of(const OpenRow& row, const wire::Record& record,
                                    std::chrono::nanoseconds run, Instant now) const {
  detail::ItemTimes times{.process = nullptr,
                          .starts = record.starts,
                          .submitted = row.submitted,
                          .started = {},
                          .completed = {},
                          .run = run};
  times.process = process_of(record);
  const auto said = wire::decode_outcome_times(record.options);
  if (!times.process || !said) return times;
  const Instant started(std::chrono::nanoseconds(link_.clock().from_controller(said->started_ns)));
  // Two clocks and two estimates: what a reader sees is in the order that it happened.
  times.started = std::clamp(started, row.submitted, now);
  times.completed = std::min(now, times.started + run);
  return times;
}

/// The counters of those that have no outcome yet.
void Session::add_open_items(const detail::ItemOutcomes& map,
                             std::vector<std::uint64_t>& counters) const {
  for (const Open& task : tasks_) {
    if (!task.row || task.row->outcomes.get() != &map) continue;
    const OpenRow& row = *task.row;
    for (std::uint32_t item = row.next_open(0); item < row.count; item = row.next_open(item + 1))
      counters.push_back(task.first + item);
  }
}

void Session::take_item(Open& task, const wire::Record& record, detail::Buffer body, Instant now) {
  wire::Record one = record;
  one.count = 1;
  take_items(task, one, std::move(body), run_of(record), now);
}

/// Of what an engine has run.
void Session::log_work(const Open& task, const wire::Record& record, Instant started,
                       std::chrono::nanoseconds run) {
  const auto process = process_of(record);
  if (!process || started == Instant{}) return;
  const std::string_view entry =
      task.code < entries_.size() ? std::string_view(entries_[task.code]) : std::string_view();
  if (!work_log_->logs(entry)) return;
  const std::uint32_t engine = process->engine;
  const bool failed = static_cast<wire::OutcomeKind>(record.flags) != wire::OutcomeKind::value;
  work_log_->add(engine, started, run, record.count, failed);
  // Items of a run are quick, and each of them as long as their mean.
  const std::chrono::nanoseconds each = run / record.count;
  if (!work_log_->is_long(each)) return;
  std::string arguments;
  if (task.large) {
    const auto large = large_.find(task.first);
    arguments = "(" + std::to_string(large->second.arguments->size()) + " bytes)";
  } else if (task.row && task.row->count > 1) {
    const detail::Buffer item =
        wire::part_of_row(task.arguments.bytes(), task.place(record.counter), 1);
    arguments = wire::arguments_text(item.bytes());
  } else {
    arguments = wire::arguments_text(task.arguments.bytes());
  }
  work_log_->add_long({each, static_cast<int>(engine), std::string(entry), std::move(arguments)});
}

/// The connection is over.
void Session::lose_items(Open& task, const std::string& reason, Instant now) {
  OpenRow& row = *task.row;
  for (std::uint32_t item = row.next_open(0); item < row.count; item = row.next_open(item)) {
    const std::uint32_t first = item;
    while (item < row.count && !row.settled.has(item))
      ++item;
    row.outcomes->put({.index = row.index + first,
                       .count = item - first,
                       .how = ItemOutcome::How::lost,
                       .kind = 0,
                       .engine = -1,
                       .body = detail::Buffer::copy_of(wire::bytes_of(reason))},
                      {}, now);
  }
}

}  // namespace muster::client
