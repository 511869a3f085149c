#include "launcher/run_chart.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "launcher/function_name.hpp"

namespace muster::launcher {
namespace {

using nlohmann::json;

constexpr double per_second = 1e-9;

RunChart::Row read_row(const json& process, std::int64_t now, std::int64_t since) {
  RunChart::Row row;
  row.engine = process.at("engine").get<int>();
  row.pid = process.at("pid").get<std::int64_t>();
  row.host = process.at("host").get<std::string>();
  for (const json& span : process.at("spans")) {
    RunChart::Bar bar;
    const auto end = span.at(1).get<std::int64_t>();
    if (end < since) continue;
    bar.begin = static_cast<double>(span.at(0).get<std::int64_t>() - now) * per_second;
    bar.end = static_cast<double>(end - now) * per_second;
    bar.busy = static_cast<double>(span.at(2).get<std::int64_t>()) * per_second;
    bar.count = span.at(3).get<std::uint32_t>();
    bar.failed = span.at(4).get<std::uint32_t>();
    bar.function = span.at(5).is_null() ? -1 : span.at(5).get<int>();
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
  const auto now = timeline.at("now_ns").get<std::int64_t>();
  const std::int64_t since = last ? now - static_cast<std::int64_t>(*last / per_second) : INT64_MIN;
  chart.resolution =
      static_cast<double>(timeline.at("resolution_ns").get<std::int64_t>()) * per_second;
  chart.dropped = timeline.at("dropped").get<std::uint64_t>();
  for (const json& code : timeline.at("codes")) {
    chart.functions.push_back({function_name(code.at("entry").get<std::string>()),
                               code.at("program").get<std::string>()});
  }
  for (const json& process : timeline.at("processes")) {
    RunChart::Row row = read_row(process, now, since);
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
