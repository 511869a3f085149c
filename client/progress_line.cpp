#include "client/progress_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace muster::client {
namespace {

/// A bar that is shorter says little.
constexpr std::size_t short_bar = 10;

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

/// What is said if there is room, the most important first.
std::vector<std::string> extras_of(const Progress& progress, std::chrono::nanoseconds elapsed) {
  std::vector<std::string> extras;
  if (progress.failed > 0) extras.push_back(", " + std::to_string(progress.failed) + " failed");
  const double fraction = progress.fraction().value_or(0);
  if (fraction > 0 && fraction < 1) {
    const std::chrono::duration<double> left(std::chrono::duration<double>(elapsed).count() *
                                             (1 - fraction) / fraction);
    if (left < std::chrono::hours(100)) {
      extras.push_back(", " + readable(std::chrono::duration_cast<std::chrono::nanoseconds>(left)) +
                       " left");
    }
  }
  if (progress.engines > 0) {
    extras.push_back(", " + std::to_string(progress.engines) +
                     (progress.engines == 1 ? " engine" : " engines"));
  }
  return extras;
}

/// Characters that a terminal shows, of which the others are parts.
std::size_t columns_taken(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

/// Not in the middle of a character.
std::string first_columns(const std::string& text, std::size_t columns) {
  std::size_t taken = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && taken++ == columns) break;
  }
  return text.substr(0, end);
}

/// For a terminal that has no room for the whole: the first that fits, or the beginning of the
/// last.
std::string shorter_of(const std::vector<std::string>& texts, std::size_t columns) {
  for (const std::string& text : texts)
    if (text.size() <= columns) return text;
  return first_columns(texts.back(), columns);
}

}  // namespace

std::string progress_bar(const Progress& progress, std::chrono::nanoseconds elapsed,
                         std::size_t columns) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const std::string rate =
      seconds > 0 ? one_decimal(static_cast<double>(progress.done) / seconds, "/s, ") : "";
  if (!progress.total) {
    const std::string done = std::to_string(progress.done) + " done";
    std::string text = done + ", " + rate + readable(elapsed);
    if (text.size() > columns) return shorter_of({done + ", " + readable(elapsed), done}, columns);
    for (const std::string& extra : extras_of(progress, elapsed))
      if (text.size() + extra.size() <= columns) text += extra;
    return text;
  }
  const std::size_t total = *progress.total;
  const std::string done =
      std::to_string(std::min(progress.done, total)) + "/" + std::to_string(total);
  const std::string left = done + " [";
  const double fraction = *progress.fraction();
  const std::string percent =
      std::to_string(static_cast<std::size_t>(fraction * 100 + 1e-9)) + " %";
  std::string right = "] " + percent + ", " + rate + readable(elapsed);
  if (left.size() + right.size() + 2 > columns) {
    return shorter_of(
        {done + ", " + percent + ", " + readable(elapsed), done + ", " + percent, percent},
        columns);
  }
  for (const std::string& extra : extras_of(progress, elapsed)) {
    if (left.size() + right.size() + extra.size() + short_bar <= columns) right += extra;
  }
  const std::size_t width = std::min<std::size_t>(columns - left.size() - right.size(), 40);
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
  text += " done after " + readable(elapsed);
  if (progress.failed > 0) text += ", " + std::to_string(progress.failed) + " failed";
  return text;
}

std::string titled_bar(const std::string& title, const Progress& progress,
                       std::chrono::nanoseconds elapsed, std::size_t columns) {
  // Where there is room for one of them only it isn't the title.
  if (title.empty() || columns < 20) return progress_bar(progress, elapsed, columns);
  std::string front = first_columns(title, columns / 3);
  if (front.size() < title.size()) front = first_columns(front, columns / 3 - 1) + "…";
  front += ": ";
  const std::size_t taken = columns_taken(front);
  return front + progress_bar(progress, elapsed, columns > taken ? columns - taken : 0);
}

}  // namespace muster::client
