#include "launcher/walltime.hpp"

#include <charconv>
#include <vector>

namespace muster::launcher {
namespace {

using std::chrono::seconds;

constexpr int number_max = 1'000'000'000;  // no sum of them overflows

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= 0 && value <= number_max ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<seconds> walltime(std::string_view text, seconds unit) {
  seconds sum{};
  const std::size_t dash = text.find('-');
  const bool has_days = dash != std::string_view::npos;
  if (has_days) {
    const auto days = number(text.substr(0, dash));
    if (!days) return std::nullopt;
    sum = std::chrono::days(*days);
    text.remove_prefix(dash + 1);
  }
  std::vector<int> parts;
  for (bool more = true; more;) {
    const std::size_t colon = text.find(':');
    const auto part = number(text.substr(0, colon));
    if (!part) return std::nullopt;
    parts.push_back(*part);
    more = colon != std::string_view::npos;
    if (more) text.remove_prefix(colon + 1);
  }
  if (parts.size() > 3) return std::nullopt;
  if (!has_days && parts.size() == 1) return unit * parts[0];
  // Hours first, but for minutes and seconds alone.
  if (!has_days && parts.size() == 2) parts.insert(parts.begin(), 0);
  parts.resize(3);
  return sum + std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + seconds(parts[2]);
}

}  // namespace muster::launcher
