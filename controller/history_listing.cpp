#include "controller/history_listing.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "protocol/function_name.hpp"

namespace muster::controller {
namespace {

using wire::HistoryItem;

/// Tasks of one answer, and tasks that are looked at for it: some hundreds of microseconds.
constexpr std::size_t items_max = 512;
constexpr std::size_t looks_max = 4096;

}  // namespace

void HistoryListing::begin(const wire::HistoryQuestion& question, std::int64_t now) {
  question_ = &question;
  now_ = now;
  limit_ = std::min<std::size_t>(question.limit == 0 ? items_max : question.limit, items_max);
  page_ = {};
  page_.next = question.from;
  looks_ = 0;
}

wire::HistoryPage HistoryListing::open_page(const wire::HistoryQuestion& question,
                                            std::int64_t now) {
  begin(question, now);
  list_open();
  room_ = static_cast<std::uint32_t>(limit_ - page_.items.size());
  page_.more = !page_.next.open_listed || room_ == 0;
  return std::move(page_);
}

wire::HistoryPage HistoryListing::page(const wire::HistoryQuestion& question, std::int64_t now) {
  begin(question, now);
  list_open();
  if (page_.next.open_listed) list_ended();
  return std::move(page_);
}

bool HistoryListing::full() const {
  return looks_ >= looks_max || page_.items.size() >= limit_;
}

void HistoryListing::list_open() {
  wire::HistoryPlace& at = page_.next;
  for (; !at.open_listed; ++at.session, at.counter = 0) {
    if (at.session >= sessions_.end()) {
      at.open_listed = true;
      return;
    }
    const ClientSession* session = sessions_.get(at.session);
    if (session == nullptr) continue;
    for (at.counter = std::max(at.counter, session->base()); at.counter < session->end();) {
      if (full()) {
        page_.more = true;
        return;
      }
      ++looks_;
      const TaskRef ref = session->find(at.counter);
      if (ref >= ClientSession::unseen) {
        ++at.counter;
        continue;
      }
      const Task& task = scheduler_[ref];
      if (task.history && task.history->stands_in) {
        ++at.counter;
        continue;
      }
      HistoryRow row{.session = wire::first_bits(session->id),
                     .counter = task.counter,
                     .count = task.count,
                     .label = task.history ? task.history->options.label : std::string_view(),
                     .key = task.history ? task.history->options.key : std::string_view(),
                     .starts = task.starts,
                     .submitted = session->submitted.of(task.counter, wire::no_time)};
      std::uint32_t process = none;
      if (task.state == Task::State::held) process = fleet_.engines[task.engine].active;
      const bool running = task.state == Task::State::held && task.running;
      if (running) {
        ++row.starts;
        const wire::Heartbeat& beat = fleet_.engines[task.engine].beat;
        if (beat.executing && beat.counter == task.counter &&
            wire::uuid_of(beat.session) == session->id) {
          row.started = now_ - beat.executing_ns;
          row.run_ns = beat.executing_ns;  // so far
        }
      }
      add(row, running ? HistoryItem::running : HistoryItem::open, process, task.code,
          {session->program, session->pid, session->host});
      at.counter = task.counter + task.count;
    }
  }
}

void HistoryListing::list_ended() {
  wire::HistoryPlace& at = page_.next;
  at.before = std::min(at.before, history_.end());
  for (; at.before > history_.begin(); --at.before) {
    if (full()) {
      page_.more = true;
      return;
    }
    ++looks_;
    const History::Ended& ended = history_[at.before - 1];
    const ClientSession* session = sessions_.get(ended.session);
    const History::Submitter* gone = history_.submitter(ended.session);
    if (session == nullptr && gone == nullptr) continue;
    HistoryRow row{
        .session = wire::first_bits(session ? session->id : gone->id),
        .counter = ended.counter,
        .count = ended.count,
        .label = history_.labels().text(ended.label),
        .key = history_.labels().key(ended.label),
        .starts = ended.starts,
        .submitted =
            (session ? session->submitted : gone->submitted).of(ended.counter, wire::no_time),
        .received = ended.ended_ns};
    if (const auto times = wire::decode_outcome_times(ended.times)) {
      row.started = times->started_ns;
      row.run_ns = times->run_ns;
    }
    add(row, ended.kind, ended.process, ended.code,
        session ? Submitter{session->program, session->pid, session->host}
                : Submitter{gone->program, gone->pid, gone->host});
  }
}

/// Adds it to the page if it is one of those that are meant.
void HistoryListing::add(HistoryRow& row, std::uint8_t ending, ProcessRef process, CodeRef code,
                         const Submitter& submitter) {
  const auto [function, added] = functions_.try_emplace(code);
  if (added) function->second = wire::function_name(fleet_.codes[code].entry);
  row.status = status_of_ending(ending);
  row.function = function->second;
  row.program = submitter.program;
  if (process != none) {
    row.engine = static_cast<std::int32_t>(processes_[process].engine);
    row.host = processes_[process].host;
  }
  if (!matches(row, question_->all, now_)) return;
  const auto ago = [&](std::int64_t time) {
    return time == wire::no_time ? wire::no_time : now_ - time;
  };
  page_.items.push_back({.session = row.session,
                         .counter = row.counter,
                         .count = row.count,
                         .ending = ending,
                         .label = std::string(row.label),
                         .key = std::string(row.key),
                         .function = std::string(row.function),
                         .program = std::string(row.program),
                         .client_pid = submitter.pid,
                         .client_host = std::string(submitter.host),
                         .engine = row.engine,
                         .pid = process == none ? 0 : processes_[process].pid,
                         .host = std::string(row.host),
                         .starts = row.starts,
                         .submitted_ago = ago(row.submitted),
                         .started_ago = ago(row.started),
                         .received_ago = ago(row.received),
                         .run_ns = row.run_ns == wire::no_time ? 0 : row.run_ns});
}

}  // namespace muster::controller
