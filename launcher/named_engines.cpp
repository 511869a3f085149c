#include "launcher/named_engines.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <muster/detail/engine_targets.hpp>
#include <muster/error.hpp>

namespace muster::launcher {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

[[noreturn]] void refuse(const std::string& text) {
  throw ClusterError("'" + text +
                     "' names no engines: write numbers and slices, with commas between them, such "
                     "as 0,2:5 or -1");
}

int number_in(const std::string& part, const std::string& text) {
  int number = 0;
  const char* const end = part.data() + part.size();
  const auto read = std::from_chars(part.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) refuse(text);
  return number;
}

std::vector<int> slice_in(const std::vector<std::string>& parts, const std::string& text,
                          const std::vector<int>& ids) {
  if (parts.size() > 3) refuse(text);
  const int step = parts.size() == 3 && !parts[2].empty() ? number_in(parts[2], text) : 1;
  // Backwards, the places that aren't said are the last one and the one before the first.
  constexpr int first = std::numeric_limits<int>::min();
  constexpr int last = std::numeric_limits<int>::max();
  const int begin = !parts[0].empty() ? number_in(parts[0], text) : step < 0 ? last : 0;
  const int end = !parts[1].empty() ? number_in(parts[1], text) : step < 0 ? first : last;
  return detail::engines_in_slice(ids, begin, end, step);
}

}  // namespace

bool names_engines(const std::string& text) {
  try {
    for (const std::string& word : split(text, ',')) {
      const std::vector<std::string> parts = split(word, ':');
      if (parts.size() > 3) return false;
      for (const std::string& part : parts) {
        if (parts.size() == 1 || !part.empty()) number_in(part, text);
      }
    }
  } catch (const ClusterError&) {
    return false;
  }
  return true;
}

std::vector<int> engines_in_words(const std::string& text, const std::vector<int>& ids) {
  std::vector<int> engines;
  for (const std::string& word : split(text, ',')) {
    const std::vector<std::string> parts = split(word, ':');
    const std::vector<int> meant =
        parts.size() > 1
            ? slice_in(parts, text, ids)
            : std::vector<int>{detail::engine_named(ids, number_in(parts.front(), text))};
    for (const int engine : meant) {
      if (std::find(engines.begin(), engines.end(), engine) == engines.end())
        engines.push_back(engine);
    }
  }
  if (engines.empty())
    throw ClusterError("'" + text + "' names none of the engines that are there");
  return engines;
}

}  // namespace muster::launcher
