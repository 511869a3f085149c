#include "launcher/chart_svg.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "launcher/chart_text.hpp"

namespace muster::launcher {
namespace {

constexpr double width = 1200;
constexpr double left = 210;  // labels
constexpr double right = 90;  // busy shares
constexpr double top = 64;
constexpr double row_height = 22;
constexpr double bar_height = 16;
constexpr double plot = width - left - right;
constexpr std::size_t name_max = 90;

class Drawing {
 public:
  explicit Drawing(const RunChart& chart)
      : chart_(chart), scale_(plot / std::max(chart.length, 1e-9)) {}

  std::string text() {
    const double bottom = top + row_height * static_cast<double>(chart_.rows.size());
    const auto shown = std::count_if(chart_.functions.begin(), chart_.functions.end(),
                                     [](const auto& function) { return function.tasks > 0; });
    const double legend = 22.0 * static_cast<double>(shown + 1);
    const double height = bottom + 50 + legend;
    add(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" )"
        R"(font-family="system-ui, sans-serif" font-size="12" fill="#222">)"
        "\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        width, height);
    heading();
    axis(bottom);
    for (std::size_t i = 0; i < chart_.rows.size(); ++i)
      row(chart_.rows[i], top + row_height * static_cast<double>(i));
    legend_at(bottom + 44);
    add("</svg>\n");
    return std::move(svg_);
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(svg_), format, std::forward<Arguments>(arguments)...);
  }

  void heading() {
    add(R"(<text x="16" y="24" font-size="16" font-weight="600">{}</text>)"
        "\n",
        xml_text(chart_.cluster));
    add(R"(<text x="16" y="44" fill="#555">{} in {}, engines busy {:.0f} %{}{}</text>)"
        "\n",
        tasks_text(chart_.tasks), duration_text(chart_.length), 100 * chart_.utilisation(),
        chart_.failed == 0 ? "" : fmt::format(", {} failed", chart_.failed),
        chart_.deaths == 0 ? "" : ", " + deaths_text(chart_.deaths));
  }

  void axis(double bottom) {
    if (chart_.length <= 0) return;
    const double step = axis_step(chart_.length);
    for (double at = 0; at <= chart_.length * 1.0001; at += step) {
      const double x = left + at * scale_;
      add(R"(<path d="M{0:.1f} {1}V{2}" stroke="#ddd"/><text x="{0:.1f}" y="{3}" )"
          R"(text-anchor="middle" fill="#555">{4}</text>)"
          "\n",
          x, top - 4, bottom, bottom + 16, duration_text(at));
    }
  }

  void row(const RunChart::Row& row, double y) {
    add(R"(<text x="{}" y="{}" text-anchor="end">engine {} <tspan fill="#777">{} {}</tspan></text>)"
        "\n",
        left - 10, y + 14, row.engine, xml_text(row.host.substr(0, 16)), row.pid);
    for (std::size_t i = 0; i < row.bars.size();)
      i = bar(row, i, y);
    const double share = chart_.length > 0 ? row.busy / chart_.length : 0;
    add(R"(<text x="{}" y="{}" fill="#555">{:.0f} % busy</text>)"
        "\n",
        width - right + 10, y + 14, 100 * share);
  }

  /// Draws this bar and those behind it that lie in the same pixel. The next one's place.
  std::size_t bar(const RunChart::Row& row, std::size_t i, double y) {
    const RunChart::Bar& first = row.bars[i];
    const double x = left + first.begin * scale_;
    if (first.count == 0) {
      add(R"(<path d="M{:.1f} {:.1f}l8 8m0 -8l-8 8" stroke="{}" stroke-width="2.5">)"
          "<title>the process died</title></path>\n",
          x - 4, y + 7, failure_color());
      return i + 1;
    }
    RunChart::Bar sum = first;
    const bool wide = (first.end - first.begin) * scale_ >= 1;
    std::size_t next = i + 1;
    for (; next < row.bars.size() && !wide; ++next) {
      const RunChart::Bar& bar = row.bars[next];
      const bool near = (bar.end - first.begin) * scale_ < 1;
      if (!near || bar.count == 0) break;
      sum.end = std::max(sum.end, bar.end);
      sum.busy += bar.busy;
      sum.count += bar.count;
      sum.failed += bar.failed;
      if (sum.function != bar.function) sum.function = -1;
    }
    // A bar narrower than a pixel is a pixel, as dark as the part of it that was busy.
    const double bar_width = std::max((sum.end - sum.begin) * scale_, 1.0);
    const double busy = std::min(1.0, sum.busy * scale_ / bar_width);
    add(R"(<rect x="{:.2f}" y="{}" width="{:.2f}" height="{}" fill="{}" fill-opacity="{:.2f}"{}>)"
        "<title>{}</title></rect>\n",
        x, y + 3, bar_width, bar_height,
        sum.failed > 0 ? failure_color() : function_color(sum.function), 0.25 + 0.75 * busy,
        bar_width > 4 ? R"( stroke="#fff" stroke-width="0.5")" : "", title(sum));
    return next;
  }

  std::string title(const RunChart::Bar& bar) const {
    const std::string name = bar.function < 0
                                 ? "several functions"
                                 : chart_.functions[static_cast<std::size_t>(bar.function)].name;
    return xml_text(fmt::format("{}{}, {} at {}{}", name,
                                bar.count == 1 ? "" : fmt::format(", {} tasks", bar.count),
                                duration_text(bar.end - bar.begin), duration_text(bar.begin),
                                bar.failed == 0 ? "" : fmt::format(", {} failed", bar.failed)));
  }

  void legend_at(double y) {
    for (std::size_t i = 0; i < chart_.functions.size(); ++i) {
      const RunChart::Function& function = chart_.functions[i];
      if (function.tasks == 0) continue;
      std::string name = function.name.substr(0, name_max);
      if (function.name.size() > name_max) name += "…";
      add(R"(<rect x="{}" y="{}" width="12" height="12" fill="{}"/><text x="{}" y="{}">{} )"
          R"(<tspan fill="#777">{}, {} each</tspan></text>)"
          "\n",
          left, y, function_color(static_cast<int>(i)), left + 20, y + 11, xml_text(name),
          tasks_text(function.tasks),
          duration_text(function.busy / static_cast<double>(function.tasks)));
      y += 22;
    }
    if (chart_.failed > 0 || chart_.deaths > 0) {
      add(R"(<rect x="{}" y="{}" width="12" height="12" fill="{}"/><text x="{}" y="{}">failed; )"
          "a cross: the process died</text>\n",
          left, y, failure_color(), left + 20, y + 11);
    }
  }

  const RunChart& chart_;
  double scale_;
  std::string svg_;
};

}  // namespace

std::string chart_svg(const RunChart& chart) {
  return Drawing(chart).text();
}

}  // namespace muster::launcher
