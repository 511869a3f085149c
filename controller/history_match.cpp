#include "controller/history_match.hpp"

#include <algorithm>

#include "controller/glob.hpp"
#include "protocol/record.hpp"

namespace muster::controller {
namespace {

using wire::Compare;
using wire::Condition;
using wire::HistoryField;

/// Of muster::Status, which a client knows and this doesn't.
constexpr std::uint8_t status_open = 0;
constexpr std::uint8_t status_succeeded = 1;
constexpr std::uint8_t status_failed = 2;
constexpr std::uint8_t status_cancelled = 3;

bool is_time(HistoryField field) {
  return field == HistoryField::submitted || field == HistoryField::started ||
         field == HistoryField::completed;
}

std::optional<std::string_view> text_of(const HistoryRow& row, HistoryField field) {
  switch (field) {
    case HistoryField::label:
      return row.label;
    case HistoryField::key:
      return row.key;
    case HistoryField::function:
      return row.function;
    case HistoryField::program:
      return row.program;
    case HistoryField::host:
      return row.host;
    default:
      return std::nullopt;
  }
}

/// no_time when it isn't known.
std::int64_t number_of(const HistoryRow& row, HistoryField field) {
  switch (field) {
    case HistoryField::session:
      return row.session;
    case HistoryField::status:
      return row.status;
    case HistoryField::engine:
      return row.engine < 0 ? wire::no_time : row.engine;
    case HistoryField::attempts:
      return row.starts;
    case HistoryField::submitted:
      return row.submitted;
    case HistoryField::started:
      return row.started;
    case HistoryField::completed:
      return row.received;
    default:
      return row.run_ns;
  }
}

template <class Value, class Wanted>
bool compare(const Value& value, Compare how, const std::vector<Wanted>& wanted) {
  const auto is_among = [&] {
    return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  };
  switch (how) {
    case Compare::equal:
      return value == wanted.front();
    case Compare::not_equal:
      return value != wanted.front();
    case Compare::less:
      return value < wanted.front();
    case Compare::at_most:
      return value <= wanted.front();
    case Compare::greater:
      return value > wanted.front();
    case Compare::at_least:
      return value >= wanted.front();
    case Compare::one_of:
      return is_among();
    default:
      return !is_among();
  }
}

bool meets_id(const HistoryRow& row, const Condition& condition) {
  bool among = false;
  for (std::size_t i = 0; i + 1 < condition.numbers.size(); i += 2) {
    const auto counter = static_cast<std::uint64_t>(condition.numbers[i + 1]);
    among = among || (condition.numbers[i] == row.session && counter >= row.counter &&
                      counter - row.counter < row.count);
  }
  const auto how = static_cast<Compare>(condition.how);
  return among == (how == Compare::equal || how == Compare::one_of);
}

bool meets(const HistoryRow& row, const Condition& condition, std::int64_t now) {
  const auto field = static_cast<HistoryField>(condition.field);
  const auto how = static_cast<Compare>(condition.how);
  if (field == HistoryField::id) return meets_id(row, condition);
  if (const auto text = text_of(row, field)) {
    if (how != Compare::like) return compare(*text, how, condition.texts);
    return is_like(*text, condition.texts.front());
  }
  const std::int64_t value = number_of(row, field);
  if (value == wire::no_time) return how == Compare::not_equal || how == Compare::none_of;
  // What a condition says of a time is how long ago that was.
  return is_time(field) ? compare(value - now, how, condition.numbers)
                        : compare(value, how, condition.numbers);
}

}  // namespace

std::uint8_t status_of_ending(std::uint8_t ending) {
  if (ending == wire::HistoryItem::open || ending == wire::HistoryItem::running) return status_open;
  switch (static_cast<wire::OutcomeKind>(ending)) {
    case wire::OutcomeKind::value:
      return status_succeeded;
    case wire::OutcomeKind::cancelled:
      return status_cancelled;
    default:
      return status_failed;
  }
}

std::optional<std::string_view> fault_of(const Condition& condition) {
  if (condition.field >= wire::history_fields)
    return "this controller doesn't know what one of the conditions looks at";
  if (condition.how > static_cast<std::uint8_t>(Compare::like))
    return "this controller doesn't know how one of the conditions compares";
  const auto field = static_cast<HistoryField>(condition.field);
  const auto how = static_cast<Compare>(condition.how);
  const bool text = text_of({}, field).has_value();
  if (how == Compare::like && !text) return "only texts have patterns";
  const bool any_number = how == Compare::one_of || how == Compare::none_of;
  const std::size_t values = text ? condition.texts.size() : condition.numbers.size();
  if (field == HistoryField::id) {
    const bool same = how == Compare::equal || how == Compare::not_equal || any_number;
    if (!same || values % 2 != 0) return "ids are equal or not, and have two numbers each";
  } else if (!any_number && values != 1) {
    return "a comparison needs one value";
  }
  return std::nullopt;
}

bool matches(const HistoryRow& row, const std::vector<Condition>& all, std::int64_t now) {
  return std::all_of(all.begin(), all.end(),
                     [&](const Condition& condition) { return meets(row, condition, now); });
}

}  // namespace muster::controller
