#include "launcher/run_chart.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "launcher/whole_number.hpp"
#include "protocol/function_name.hpp"

namespace muster::launcher {
namespace {

using nlohmann::json;

constexpr double per_second = 1e-9;

/// Nanoseconds of a clock; the difference of two of them can't overflow.
std::int64_t instant(const json& value) {
  const auto time = whole_number<std::int64_t>(value);
  if (time < 0) throw std::runtime_error("a time lies before its clock began");
  return time;
}

RunChart::Row read_row(const json& process, std::int64_t now, std::optional<double> last) {
  RunChart::Row row;
  row.engine = whole_number<int>(process.at("engine"));
  row.pid = whole_number<std::int64_t>(process.at("pid"));
  row.host = process.at("host").get<std::string>();
  for (const json& span : process.at("spans")) {
    RunChart::Bar bar;
    bar.begin = static_cast<double>(instant(span.at(0)) - now) * per_second;
    bar.end = static_cast<double>(instant(span.at(1)) - now) * per_second;
    if (last && -bar.end > *last) continue;
    bar.busy = static_cast<double>(whole_number<std::int64_t>(span.at(2))) * per_second;
    bar.count = whole_number<std::uint32_t>(span.at(3));
    bar.failed = whole_number<std::uint32_t>(span.at(4));
    bar.function = span.at(5).is_null() ? -1 : whole_number<int>(span.at(5));
    row.bars.push_back(bar);
  }
  return row;
}

void count(RunChart& chart, RunChart::Row& row) {
  for (const RunChart::Bar& bar : row.bars) {
    row.busy += bar.busy;
    row.tasks += bar.count;
    chart.failed += bar.failed;
    if (bar.count == 0) ++chart.deaths;
    if (bar.function < 0) continue;
    RunChart::Function& function = chart.functions.at(static_cast<std::size_t>(bar.function));
    function.tasks += bar.count;
    function.busy += bar.busy;
  }
  chart.tasks += row.tasks;
  chart.busy += row.busy;
}

/// From seconds before the question to seconds after the first bar.
void begin_at_zero(RunChart& chart) {
  double first = 0;
  for (const RunChart::Row& row : chart.rows)
    for (const RunChart::Bar& bar : row.bars)
      first = std::min(first, bar.begin);
  for (RunChart::Row& row : chart.rows) {
    for (RunChart::Bar& bar : row.bars) {
      bar.begin -= first;
      bar.end -= first;
      chart.length = std::max(chart.length, bar.end);
    }
  }
  chart.began_ago = -first;
}

}  // namespace

double RunChart::utilisation() const {
  std::set<int> engines;
  for (const Row& row : rows)
    engines.insert(row.engine);
  const double available = static_cast<double>(engines.size()) * length;
  return available > 0 ? busy / available : 0;
}

RunChart read_chart(const std::string& text, std::optional<double> last) try {
  const json timeline = json::parse(text);
  RunChart chart;
  const std::int64_t now = instant(timeline.at("now_ns"));
  chart.resolution =
      static_cast<double>(whole_number<std::int64_t>(timeline.at("resolution_ns"))) * per_second;
  chart.dropped = whole_number<std::uint64_t>(timeline.at("dropped"));
  for (const json& code : timeline.at("codes")) {
    chart.functions.push_back({wire::function_name(code.at("entry").get<std::string>()),
                               code.at("program").get<std::string>()});
  }
  for (const json& process : timeline.at("processes")) {
    RunChart::Row row = read_row(process, now, last);
    if (row.bars.empty()) continue;
    count(chart, row);
    chart.rows.push_back(std::move(row));
  }
  begin_at_zero(chart);
  std::stable_sort(chart.rows.begin(), chart.rows.end(), [](const auto& a, const auto& b) {
    return std::pair(a.engine, a.bars.front().begin) < std::pair(b.engine, b.bars.front().begin);
  });
  return chart;
} catch (const std::exception& error) {  // of the JSON library, or a function out of range
  throw std::runtime_error(std::string("the controller's timeline can't be read: ") + error.what());
}

}  // namespace muster::launcher
