#include "bench/driver/plot.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace muster::bench {
namespace {

// Pixels.
constexpr int row_height = 20;
constexpr int label_width = 560;
constexpr int bars_width = 320;
constexpr int value_width = 220;
constexpr int head_height = 30;
constexpr int middle = label_width + bars_width / 2;

/// A bar ends here at the latest: eight times better, or worse, than the limit.
constexpr double doublings_max = 3;

/// How many times better than the limit, as a power of two.
double doublings(const Outcome& outcome) {
  const double ratio = outcome.value / outcome.reach.limit;
  if (!(ratio > 0)) return outcome.reach.at_most ? doublings_max : -doublings_max;
  return std::clamp(std::log2(outcome.reach.at_most ? 1 / ratio : ratio), -doublings_max,
                    doublings_max);
}

std::string xml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '`':  // of the page's Markdown
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string bar(const Outcome& outcome, int y) {
  const double length = doublings(outcome) / doublings_max * bars_width / 2;
  std::string lines;
  lines += fmt::format(R"(<text x="{}" y="{}" text-anchor="end">{}</text>)", label_width - 10,
                       y + 14, xml(outcome.reach.what));
  // Just met is a bar, too.
  lines +=
      fmt::format(R"(<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" fill="{}"/>)",
                  std::min<double>(middle, middle + length), y + 3, std::max(2.0, std::abs(length)),
                  row_height - 6, outcome.met ? "#3a923a" : "#c03d3e");
  lines += fmt::format(R"(<text x="{}" y="{}">{}, {}</text>)", label_width + bars_width + 10,
                       y + 14, xml(value_text(outcome)), xml(text(outcome.reach)));
  return lines + "\n";
}

}  // namespace

std::string plot(const std::vector<Outcome>& outcomes) {
  const int height = head_height + row_height * static_cast<int>(outcomes.size()) + 10;
  const int width = label_width + bars_width + value_width;
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" )"
      R"(font-family="sans-serif" font-size="12">)"
      "\n"
      R"(<rect width="{0}" height="{1}" fill="white"/>)"
      "\n",
      width, height);
  for (int power = -3; power <= 3; ++power) {
    const int x = middle + power * bars_width / 6;
    svg += fmt::format(R"(<line x1="{0}" y1="{1}" x2="{0}" y2="{2}" stroke="{3}"/>)", x,
                       head_height - 4, height - 10, power == 0 ? "#000" : "#ccc");
    const std::string label = power == 0  ? "reach"
                              : power > 0 ? fmt::format("{}x better", 1 << power)
                                          : fmt::format("1/{}", 1 << -power);
    svg += fmt::format(R"(<text x="{}" y="{}" text-anchor="middle" font-size="9">{}</text>)", x,
                       head_height - 10, label);
  }
  svg += "\n";
  int y = head_height;
  for (const Outcome& outcome : outcomes) {
    svg += bar(outcome, y);
    y += row_height;
  }
  return svg + "</svg>\n";
}

}  // namespace muster::bench
