#include "launcher/history_scan.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/history_match.hpp"

namespace muster::launcher {
namespace {

using wire::Compare;
using wire::Condition;
using wire::HistoryField;

/// Tasks of one answer, and rows that are looked at for it.
constexpr std::size_t items_max = 512;
constexpr std::size_t looks_max = 20'000;

/// Values that the statement has, in their order.
class Where {
 public:
  /// Narrows the rows down where an index helps. Says nothing of what it leaves in.
  void narrow(const Condition& condition, std::int64_t wall) {
    const auto how = static_cast<Compare>(condition.how);
    const bool equal = how == Compare::equal;
    switch (static_cast<HistoryField>(condition.field)) {
      case HistoryField::id:
        if (equal || (how == Compare::one_of && condition.numbers.size() == 2)) {
          // No row has more items than a task may have, so the index is read in part only.
          const std::int64_t id = condition.numbers[1];
          add("session = ? AND counter <= ? AND counter > ? - 131072 AND counter + count > ?",
              {condition.numbers[0], id, id, id});
        }
        return;
      case HistoryField::session:
        if (equal) add("session = ?", {condition.numbers.front()});
        return;
      case HistoryField::label:
        if (equal) narrow_to("label", condition.texts.front());
        return;
      case HistoryField::key:
        if (equal) narrow_to("key", condition.texts.front());
        return;
      case HistoryField::status:
        // The ending of one that has succeeded is 0.
        if (equal && condition.numbers.front() != succeeded) add("ending != 0", {});
        return;
      case HistoryField::completed:
        if (how == Compare::greater || how == Compare::at_least)
          add("received >= ?", {later(condition.numbers.front(), wall)});
        return;
      default:
        return;
    }
  }

  const std::string& text() const { return text_; }
  void bind(SqliteStatement& statement) const {
    for (const auto& [place, number] : numbers_)
      statement.bind(static_cast<int>(place), number);
    for (const auto& [place, text] : texts_)
      statement.bind(static_cast<int>(place), text);
  }
  void add(const std::string& condition, const std::vector<std::int64_t>& numbers) {
    text_ += (text_.empty() ? " WHERE " : " AND ") + condition;
    for (const std::int64_t number : numbers)
      numbers_.emplace_back(numbers_.size() + texts_.size() + 1, number);
  }

 private:
  static constexpr std::int64_t succeeded = 1;

  /// Nothing stands there for an empty one.
  void narrow_to(const std::string& column, std::string_view text) {
    if (text.empty()) return;
    add(column + " = ?", {});
    texts_.emplace_back(numbers_.size() + texts_.size() + 1, text);
  }

  static std::int64_t later(std::int64_t from_now, std::int64_t wall) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(wall, from_now, &sum))
      return from_now < 0 ? std::numeric_limits<std::int64_t>::min()
                          : std::numeric_limits<std::int64_t>::max();
    return sum;
  }

  std::string text_;
  std::vector<std::pair<std::size_t, std::int64_t>> numbers_;  // place, value
  std::vector<std::pair<std::size_t, std::string_view>> texts_;
};

constexpr const char* columns =
    "SELECT row, session, counter, count, ending, starts, label, function, program, client_pid, "
    "client_host, engine, pid, host, submitted, started, received, run, error, key FROM tasks";

}  // namespace

HistoryScan::HistoryScan(SqliteFile& file, const wire::HistoryQuestion& question, std::int64_t wall)
    : question_(question), wall_(wall) {
  Where where;
  where.add("row < ?", {static_cast<std::int64_t>(std::min<std::uint64_t>(
                           question.from.before, std::numeric_limits<std::int64_t>::max()))});
  for (const Condition& condition : question.all)
    where.narrow(condition, wall);
  select_ = file.prepare(columns + where.text() + " ORDER BY row DESC");
  where.bind(select_);
}

wire::HistoryPage HistoryScan::page(
    const std::function<const std::string&(std::int64_t)>& text_of) {
  wire::HistoryPage page;
  page.next = question_.from;
  const std::size_t limit =
      question_.limit == 0 ? items_max : std::min<std::size_t>(question_.limit, items_max);
  const auto text = [&](int column) -> std::string {
    const auto name = select_.number_if_any(column);
    return name ? text_of(*name) : std::string();
  };
  const auto time = [&](int column) {
    return select_.number_if_any(column).value_or(wire::no_time);
  };
  for (std::size_t looks = 0; select_.step(); ++looks) {
    if (looks == looks_max || page.items.size() == limit) {
      page.more = true;
      break;
    }
    page.next.before = static_cast<std::uint64_t>(select_.number(0));
    const std::string label = select_.text(6);
    const std::string key = select_.text(19);
    const std::string function = text(7);
    const std::string program = text(8);
    const std::string host = text(13);
    const controller::HistoryRow row{
        .session = static_cast<std::uint32_t>(select_.number(1)),
        .counter = static_cast<std::uint64_t>(select_.number(2)),
        .count = static_cast<std::uint32_t>(select_.number(3)),
        .status = controller::status_of_ending(static_cast<std::uint8_t>(select_.number(4))),
        .label = label,
        .key = key,
        .function = function,
        .program = program,
        .engine = static_cast<std::int32_t>(select_.number_if_any(11).value_or(-1)),
        .host = host,
        .starts = static_cast<std::uint32_t>(select_.number(5)),
        .submitted = time(14),
        .started = time(15),
        .received = time(16),
        .run_ns = time(17)};
    if (!controller::matches(row, question_.all, wall_)) continue;
    const auto ago = [&](std::int64_t at) {
      return at == wire::no_time ? wire::no_time : wall_ - at;
    };
    page.items.push_back({.session = row.session,
                          .counter = row.counter,
                          .count = row.count,
                          .ending = static_cast<std::uint8_t>(select_.number(4)),
                          .label = label,
                          .key = key,
                          .function = function,
                          .program = program,
                          .client_pid = select_.number(9),
                          .client_host = text(10),
                          .engine = row.engine,
                          .pid = select_.number_if_any(12).value_or(0),
                          .host = host,
                          .starts = row.starts,
                          .submitted_ago = ago(row.submitted),
                          .started_ago = ago(row.started),
                          .received_ago = ago(row.received),
                          .run_ns = row.run_ns == wire::no_time ? 0 : row.run_ns,
                          .error = select_.text(18)});
  }
  select_.reset();
  return page;
}

}  // namespace muster::launcher
