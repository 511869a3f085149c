// Tasks that a client runs itself, because it is in a task and waits for them (rule 33).

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "client/session.hpp"
#include "protocol/item_row.hpp"
#include "protocol/outcome_times.hpp"

namespace muster::client {
namespace {

using wire::Header;
using wire::Kind;

/// Work that takes so long at once isn't worth more tasks for one question.
constexpr std::chrono::microseconds quick{200};

}  // namespace

void Session::begin_borrowing() {
  ++borrowing_.waits;
  borrowing_.below = UINT64_MAX;
}

void Session::end_borrowing() {
  if (--borrowing_.waits > 0) return;
  for (const Borrowed& task : std::exchange(borrowing_.here, {}))
    give_back(task.counter, task.attempt);
}

void Session::give_back(std::uint64_t counter, std::uint64_t attempt) {
  if (!saying_) return;
  link_.task().append(Header{.kind = Kind::returned, .attempt = attempt, .counter = counter});
}

/// Its arguments are here, and it has no options that only an engine can heed.
bool Session::may_run_here(const Open& task) const {
  if (task.code == stands_in || images_.contains(task.code)) return false;
  if (has_holes(task)) {
    for (const detail::Hole& hole : waiting_for_.at(task.first).prerequisites->holes) {
      if (!hole.task->is_settled()) return false;
    }
  }
  if (task.options.size() == 0) return true;
  const auto options = wire::unpack<wire::TaskOptions>(task.options.bytes());
  return options && options->target < 0 && options->engines.empty() && options->needs.empty() &&
         options->run_ns == 0 && options->initializer.empty();
}

bool Session::may_ask_back(std::uint64_t floor) {
  if (!saying_) return false;
  std::erase_if(borrowing_.asked,
                [this](std::uint64_t counter) { return find(counter) == nullptr; });
  return borrowing_.asked.empty() &&
         std::min(borrowing_.below, next_counter_) > std::max(floor, base_);
}

/// The newest ones: engines begin with the oldest.
void Session::ask_back(std::uint64_t floor) {
  const std::uint64_t least = std::max(floor, base_);
  std::uint64_t counter = std::min(borrowing_.below, next_counter_);
  const auto may_ask = [this](const Open& task, std::uint64_t one) {
    return task.is_open(one) && !task.is_wished_to_end(one) && !borrowing_.has(one);
  };
  while (counter > least) {
    const Open* const task = submission(counter - 1);
    assert(task != nullptr);  // nothing is forgotten from the watermark on
    const std::uint64_t begin = std::max(task->first, least);
    if (task->settled() || !may_run_here(*task)) {
      counter = begin;
      continue;
    }
    while (counter > begin && !may_ask(*task, counter - 1))
      --counter;
    const std::uint64_t end = counter;
    while (counter > begin && end - counter < borrowing_.batch && may_ask(*task, counter - 1)) {
      --counter;
      borrowing_.asked.push_back(counter);
    }
    if (counter == end) continue;
    link_.task().append(Header{.kind = Kind::ask_back,
                               .counter = counter,
                               .count = static_cast<std::uint32_t>(end - counter)});
    break;
  }
  borrowing_.below = counter;
}

void Session::apply_lent(const wire::Record& record) {
  // What was said on an earlier link comes again on this one, and is over.
  if (record.code != wire::lent_on(link_.task().link())) return;
  std::erase(borrowing_.asked, record.counter);
  ++news_;
  if (record.flags == wire::lent_stays) return;
  if (borrowing_.waits == 0 || find(record.counter) == nullptr) {
    give_back(record.counter, record.attempt);
  } else if (!borrowing_.has(record.counter)) {
    borrowing_.here.push_back({record.counter, record.attempt, record.starts});
  }
}

bool Session::has_borrowed(std::uint64_t floor) const {
  return std::any_of(borrowing_.here.begin(), borrowing_.here.end(),
                     [floor](const Borrowed& task) { return task.counter >= floor; });
}

std::optional<Session::OwnTask> Session::take_borrowed(std::uint64_t floor) {
  for (auto at = borrowing_.here.begin(); at != borrowing_.here.end();) {
    if (at->counter < floor) {
      ++at;
      continue;
    }
    const Borrowed task = *at;
    at = borrowing_.here.erase(at);
    const Open* const open = find(task.counter);
    // It was cancelled meanwhile, or will be.
    if (open == nullptr || open->is_wished_to_end(task.counter)) continue;
    OwnTask own{task, entries_[open->code], {}, nullptr, {}, {}};
    if (open->options.size() > 0) {
      if (auto options = wire::unpack<wire::TaskOptions>(open->options.bytes()))
        own.shared = std::move(options->shared);
    }
    const auto waits = waiting_for_.find(open->first);
    if (waits != waiting_for_.end()) own.values = waits->second.prerequisites->values;
    if (has_holes(*open)) {
      own.arguments = filled_arguments(open->arguments.bytes(), *waits->second.prerequisites);
    } else if (open->large) {
      own.large = large_.at(open->first).arguments;
    } else if (open->row && open->row->count > 1) {
      own.arguments = wire::part_of_row(open->arguments.bytes(), open->place(task.counter), 1);
    } else {
      own.arguments = detail::Buffer::copy_of(open->arguments.bytes());
    }
    return own;
  }
  return std::nullopt;
}

void Session::finish_borrowed(const Borrowed& task, wire::OutcomeKind kind, detail::Buffer body,
                              Instant began, Instant now) {
  const auto run = std::chrono::nanoseconds(now - began);
  // It may run again, and nobody else may have time for it.
  if (kind == wire::OutcomeKind::exception) borrowing_.below = UINT64_MAX;
  borrowing_.batch = run > quick ? 1 : std::min(wire::ask_back_max, borrowing_.batch * 2);
  std::erase_if(borrowing_.streams, [this](const auto& row) { return find(row.first) == nullptr; });
  // On another link the controller has given it to others.
  if (!saying_ || find(task.counter) == nullptr) return;
  const wire::EncodedTimes times =
      wire::encode({.started_ns = link_.clock().to_controller(wire::nanoseconds_of(began)),
                    .run_ns = run.count()});
  const Header header{.kind = Kind::outcome,
                      .flags = static_cast<std::uint8_t>(kind),
                      .starts = task.starts,
                      .attempt = task.attempt,
                      .counter = task.counter};
  if (body.size() > wire::inline_body_max) {
    borrowing_.streams[task.counter] =
        link_.task().append_streaming(header, times, wire::make_large_body(std::move(body)));
  } else {
    link_.task().append(header, times, body.bytes());
  }
}

}  // namespace muster::client
