#include "client/progress_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace muster::client {
namespace {

std::string one_decimal(double number, const char* unit) {
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%.1f%s", number, unit);
  return text.data();
}

std::string readable(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 60) return one_decimal(std::chrono::duration<double>(time).count(), " s");
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld",
                static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                static_cast<long long>(seconds % 60));
  return text.data();
}

}  // namespace

std::string progress_bar(const Progress& progress, std::chrono::nanoseconds elapsed,
                         std::size_t columns) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const std::string rate =
      seconds > 0 ? one_decimal(static_cast<double>(progress.done) / seconds, "/s, ") : "";
  if (!progress.total) return std::to_string(progress.done) + " done, " + rate + readable(elapsed);
  const std::size_t total = *progress.total;
  const std::size_t done = std::min(progress.done, total);
  const std::string left = std::to_string(done) + "/" + std::to_string(total) + " [";
  const double fraction = *progress.fraction();
  const auto percent = static_cast<std::size_t>(fraction * 100 + 1e-9);
  const std::string right = "] " + std::to_string(percent) + " %, " + rate + readable(elapsed);
  const std::size_t used = left.size() + right.size();
  const std::size_t width = columns > used ? std::min<std::size_t>(columns - used, 40) : 0;
  const auto filled = static_cast<std::size_t>(static_cast<double>(width) * fraction + 1e-9);
  std::string bar(filled, '=');
  if (filled < width) bar += '>';
  bar.resize(width, ' ');
  return left + bar + right;
}

std::string progress_sentence(const Progress& progress, std::chrono::nanoseconds elapsed) {
  std::string text = std::to_string(progress.done);
  if (progress.total) text += " of " + std::to_string(*progress.total);
  if (progress.total && progress.running > 0) {
    text += " (" + one_decimal(*progress.fraction() * 100, " %)");
  }
  return text + " done after " + readable(elapsed);
}

}  // namespace muster::client
