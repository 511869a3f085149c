#include "launcher/chart_text.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace muster::launcher {
namespace {

// Colours that people who see few of them can tell apart (Okabe and Ito); vermilion is kept for
// what failed.
constexpr std::array<std::string_view, 5> palette{"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                                  "#56b4e9"};
constexpr std::string_view mixed = "#7a7a7a";
constexpr std::string_view failure = "#d55e00";

/// Three digits and a unit.
std::string three_digits(double number, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.3g %s", number, unit);
  return text.data();
}

}  // namespace

std::string_view function_color(int function) {
  return function < 0 ? mixed : palette[static_cast<std::size_t>(function) % palette.size()];
}

std::string_view failure_color() {
  return failure;
}

std::string duration_text(double seconds) {
  if (seconds <= 0) return "0";
  if (seconds < 1e-3) return three_digits(seconds * 1e6, "us");
  if (seconds < 1) return three_digits(seconds * 1e3, "ms");
  if (seconds < 120) return three_digits(seconds, "s");
  const auto whole = std::llround(seconds);
  if (whole < 7200) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string tasks_text(std::uint64_t tasks) {
  return std::to_string(tasks) + (tasks == 1 ? " task" : " tasks");
}

std::string deaths_text(std::uint64_t deaths) {
  return std::to_string(deaths) + (deaths == 1 ? " process died" : " processes died");
}

std::string xml_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return safe;
}

double axis_step(double length) {
  const double rough = length / 8;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power) return factor * power;
  return 10 * power;
}

}  // namespace muster::launcher
