#include "launcher/report_page.hpp"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "launcher/chart_svg.hpp"
#include "launcher/chart_text.hpp"

namespace muster::launcher {

extern const std::string_view report_page_template;  // report_page.html, made a string by the build

namespace {

using nlohmann::json;

/// To a nanosecond: more digits would only make the page larger.
double rounded(double seconds) {
  return std::round(seconds * 1e9) / 1e9;
}

std::string data(const RunChart& chart) {
  json functions = json::array();
  for (std::size_t i = 0; i < chart.functions.size(); ++i) {
    functions.push_back(
        {{"name", chart.functions[i].name}, {"color", function_color(static_cast<int>(i))}});
  }
  json rows = json::array();
  for (const RunChart::Row& row : chart.rows) {
    json bars = json::array();
    for (const RunChart::Bar& bar : row.bars)
      bars.push_back({rounded(bar.begin), rounded(bar.end), rounded(bar.busy), bar.count,
                      bar.failed, bar.function});
    rows.push_back({{"label", fmt::format("engine {}  {} {}", row.engine, row.host, row.pid)},
                    {"bars", std::move(bars)}});
  }
  const json all = {{"length", chart.length},
                    {"failure", failure_color()},
                    {"mixed", function_color(-1)},
                    {"functions", std::move(functions)},
                    {"rows", std::move(rows)}};
  std::string text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  // A name must not end the script that it stands in.
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;)
    text.replace(at, 1, "\\u003c");
  return text;
}

std::string summary(const RunChart& chart) {
  std::string text = fmt::format(
      "{} in {}, begun {} before this page was made. Engines were "
      "busy {:.1f} % of the time.",
      tasks_text(chart.tasks), duration_text(chart.length), duration_text(chart.began_ago),
      100 * chart.utilisation());
  if (chart.failed > 0) text += fmt::format(" {} failed.", tasks_text(chart.failed));
  if (chart.deaths > 0) text += fmt::format(" {}.", deaths_text(chart.deaths));
  if (chart.resolution > 0) {
    text += fmt::format(" Tasks within {} of each other may share a bar.",
                        duration_text(chart.resolution));
  }
  if (chart.dropped > 0) text += fmt::format(" {} bars were dropped.", chart.dropped);
  return text;
}

std::string function_rows(const RunChart& chart) {
  std::string rows;
  for (std::size_t i = 0; i < chart.functions.size(); ++i) {
    const RunChart::Function& function = chart.functions[i];
    if (function.tasks == 0) continue;
    rows += fmt::format(
        "<tr><td><i style=\"background:{}\"></i>{}<td>{}<td>{}<td>{}<td class=\"left\">{}</tr>\n",
        function_color(static_cast<int>(i)), xml_text(function.name), function.tasks,
        duration_text(function.busy),
        duration_text(function.busy / static_cast<double>(function.tasks)),
        xml_text(function.program));
  }
  return rows;
}

std::string process_rows(const RunChart& chart) {
  std::string rows;
  for (const RunChart::Row& row : chart.rows) {
    rows += fmt::format("<tr><td>engine {}, process {}<td>{}<td>{}<td>{}<td>{:.1f} %</tr>\n",
                        row.engine, row.pid, xml_text(row.host), row.tasks, duration_text(row.busy),
                        chart.length > 0 ? 100 * row.busy / chart.length : 0.0);
  }
  return rows;
}

}  // namespace

std::string report_page(const RunChart& chart) {
  const std::array<std::pair<std::string_view, std::string>, 6> parts{{
      {"@title@", xml_text(chart.cluster)},
      {"@summary@", xml_text(summary(chart))},
      {"@svg@", chart_svg(chart)},
      {"@functions@", function_rows(chart)},
      {"@processes@", process_rows(chart)},
      {"@data@", data(chart)},
  }};
  std::string page;
  std::string_view rest = report_page_template;
  while (!rest.empty()) {
    const std::size_t at = rest.find('@');
    page += rest.substr(0, at);
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at);
    std::size_t taken = 0;
    for (const auto& [name, text] : parts) {
      if (!rest.starts_with(name)) continue;
      page += text;
      taken = name.size();
    }
    if (taken == 0) page += rest[0];
    rest.remove_prefix(taken == 0 ? 1 : taken);
  }
  return page;
}

}  // namespace muster::launcher
