#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <muster/error.hpp>
#include <muster/history.hpp>

#include "client/connection.hpp"
#include "client/history_pages.hpp"
#include "protocol/question.hpp"

namespace muster::client {
namespace {

using wire::HistoryField;
using wire::HistoryItem;
using Wall = std::chrono::system_clock;

/// The conditions of a query, as they travel.
class Conditions {
 public:
  explicit Conditions(Wall::time_point now) : now_(now) {}

  template <class T>
  void add(HistoryField field, const Criterion<T>& criterion) {
    for (const detail::Compared<T>& part : criterion.parts()) {
      wire::Condition& condition = all_.emplace_back();
      condition.field = static_cast<std::uint8_t>(field);
      condition.how = static_cast<std::uint8_t>(part.how);
      for (const T& value : part.values)
        put(condition, value);
    }
  }
  std::vector<wire::Condition> take() { return std::move(all_); }

 private:
  static void put(wire::Condition& condition, const std::string& text) {
    condition.texts.push_back(text);
  }
  static void put(wire::Condition& condition, int number) { condition.numbers.push_back(number); }
  static void put(wire::Condition& condition, std::uint32_t number) {
    condition.numbers.push_back(number);
  }
  static void put(wire::Condition& condition, Status status) {
    condition.numbers.push_back(static_cast<int>(status));
  }
  static void put(wire::Condition& condition, std::chrono::nanoseconds duration) {
    condition.numbers.push_back(duration.count());
  }
  static void put(wire::Condition& condition, const TaskId& id) {
    condition.numbers.push_back(id.session);
    condition.numbers.push_back(static_cast<std::int64_t>(id.number));
  }
  /// No decision compares clocks of two hosts: how long from now.
  void put(wire::Condition& condition, Wall::time_point time) const {
    put(condition, std::chrono::duration_cast<std::chrono::nanoseconds>(time - now_));
  }

  Wall::time_point now_;
  std::vector<wire::Condition> all_;
};

std::vector<wire::Condition> conditions_of(const HistoryQuery& query) {
  Conditions all(Wall::now());
  all.add(HistoryField::id, query.id);
  all.add(HistoryField::session, query.session);
  all.add(HistoryField::label, query.label);
  all.add(HistoryField::status, query.status);
  all.add(HistoryField::function, query.function);
  all.add(HistoryField::program, query.program);
  all.add(HistoryField::engine, query.engine);
  all.add(HistoryField::host, query.host);
  all.add(HistoryField::attempts, query.attempts);
  all.add(HistoryField::submitted, query.submitted);
  all.add(HistoryField::started, query.started);
  all.add(HistoryField::completed, query.completed);
  all.add(HistoryField::run, query.run);
  all.add(HistoryField::key, query.key);
  return all.take();
}

std::pair<Status, const char*> ending_of(std::uint8_t ending) {
  using wire::OutcomeKind;
  if (ending == HistoryItem::open || ending == HistoryItem::running) return {Status::open, ""};
  switch (static_cast<OutcomeKind>(ending)) {
    case OutcomeKind::value:
      return {Status::succeeded, "value"};
    case OutcomeKind::exception:
      return {Status::failed, "exception"};
    case OutcomeKind::cancelled:
      return {Status::cancelled, "cancelled"};
    case OutcomeKind::quarantined:
      return {Status::failed, "quarantined"};
    case OutcomeKind::image_failed:
      return {Status::failed, "image failed"};
    case OutcomeKind::timed_out:
      return {Status::failed, "timed out"};
    case OutcomeKind::engine_lost:
      return {Status::failed, "engine lost"};
    case OutcomeKind::impossible:
      return {Status::failed, "impossible"};
    case OutcomeKind::unmet:
      return {Status::failed, "unmet"};
    case OutcomeKind::reused:
      return {Status::failed, "reused key"};
    default:
      return {Status::failed, "lost"};
  }
}

TaskRecord record_of(HistoryItem&& item, Wall::time_point now) {
  const auto at = [now](std::int64_t ago) {
    if (ago == wire::no_time) return Wall::time_point{};
    return now - std::chrono::duration_cast<Wall::duration>(std::chrono::nanoseconds(ago));
  };
  TaskRecord record;
  std::tie(record.status, record.ending) = ending_of(item.ending);
  record.running = item.ending == HistoryItem::running;
  record.engine = item.engine;
  record.pid = item.pid;
  record.host = std::move(item.host);
  record.attempts = static_cast<int>(item.starts);
  record.submitted = at(item.submitted_ago);
  record.started = at(item.started_ago);
  record.received = at(item.received_ago);
  record.run = std::chrono::nanoseconds(item.run_ns);
  if (item.started_ago != wire::no_time && !record.ending.empty()) {
    // Two clocks and two estimates: what a reader sees is in the order in which it happened.
    record.started = std::min(std::max(record.started, record.submitted), record.received);
    record.completed = std::min(
        record.received, record.started + std::chrono::duration_cast<Wall::duration>(record.run));
  }
  record.id = {item.session, item.counter};
  record.items = item.count;
  record.label = std::move(item.label);
  record.key = std::move(item.key);
  record.function = std::move(item.function);
  record.error = std::move(item.error);
  record.program = std::move(item.program);
  record.client_pid = item.client_pid;
  record.client_host = std::move(item.client_host);
  return record;
}

}  // namespace

std::vector<TaskRecord> collect_history(
    const HistoryQuery& query, const std::function<std::string(const detail::Buffer&)>& ask) {
  wire::HistoryQuestion question;
  question.all = conditions_of(query);
  std::vector<TaskRecord> open;
  std::vector<TaskRecord> ended;  // the latest first
  std::set<TaskId> known_to_have_ended;
  for (bool more = true; more;) {
    const std::size_t have = open.size() + ended.size();
    if (query.limit > 0 && have >= query.limit) break;
    question.limit = static_cast<std::uint32_t>(
        query.limit == 0 ? 0 : std::min<std::size_t>(query.limit - have, UINT32_MAX));
    const detail::Buffer body = wire::pack(question);
    const std::string answer = ask(body);
    auto page = wire::unpack<wire::HistoryPage>(wire::bytes_of(answer));
    if (!page) throw ClusterError("the controller's answer about its history can't be read");
    const Wall::time_point now = Wall::now();
    for (HistoryItem& item : page->items) {
      const bool is_open = ending_of(item.ending).first == Status::open;
      TaskRecord record = record_of(std::move(item), now);
      if (!is_open) known_to_have_ended.insert(record.id);
      (is_open ? open : ended).push_back(std::move(record));
    }
    more = page->more;
    question.from = page->next;
  }
  // One may have ended between two pages.
  std::erase_if(open,
                [&](const TaskRecord& task) { return known_to_have_ended.contains(task.id); });
  std::reverse(ended.begin(), ended.end());
  ended.insert(ended.end(), std::make_move_iterator(open.begin()),
               std::make_move_iterator(open.end()));
  return ended;
}

}  // namespace muster::client

namespace muster::detail {

std::vector<TaskRecord> history(const std::shared_ptr<Connection>& connection,
                                const HistoryQuery& query) {
  refuse_without(connection);
  return client::collect_history(query, [&](const Buffer& question) {
    return connection->ask(wire::Topic::history, Buffer::copy_of(question.bytes()));
  });
}

QueueStatus queue_status(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  const std::string answer = connection->ask(wire::Topic::queues, {});
  const auto page = wire::unpack<wire::QueuePage>(wire::bytes_of(answer));
  if (!page) throw ClusterError("the controller's answer about its queues can't be read");
  QueueStatus status;
  status.waiting = page->waiting;
  for (const wire::QueueItem& item : page->engines) {
    status.engines.push_back({static_cast<int>(item.engine), item.host, item.ready,
                              static_cast<std::size_t>(item.held),
                              static_cast<std::size_t>(item.completed)});
  }
  return status;
}

}  // namespace muster::detail
