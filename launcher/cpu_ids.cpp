#include <algorithm>
#include <charconv>

#include <muster/cpu_ids.hpp>
#include <muster/error.hpp>

namespace muster {
namespace {

constexpr int cpu_max = 1 << 16;

/// Takes a number from the front of the text; negative when there is none.
int take_number(std::string_view& text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > cpu_max) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

CpuIds::CpuIds(std::string_view ranges) {
  std::string_view rest = ranges;
  do {
    const int first = take_number(rest);
    const int last = take(rest, '-') ? take_number(rest) : first;
    if (first < 0 || last < first) {
      throw ClusterError("\"" + std::string(ranges) +
                         "\" names no CPUs: write their numbers and ranges, as in 0-3,8");
    }
    for (int cpu = first; cpu <= last; ++cpu)
      ids_.push_back(cpu);
  } while (take(rest, ','));
  if (!rest.empty()) {
    throw ClusterError("\"" + std::string(ranges) + "\" names no CPUs from \"" + std::string(rest) +
                       "\" on: write their numbers and ranges, as in 0-3,8");
  }
}

std::string CpuIds::text() const {
  std::vector<int> ascending = ids_;
  std::sort(ascending.begin(), ascending.end());
  ascending.erase(std::unique(ascending.begin(), ascending.end()), ascending.end());
  std::string text;
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    const std::size_t first = i;
    while (i + 1 < ascending.size() && ascending[i + 1] == ascending[i] + 1)
      ++i;
    text += (text.empty() ? "" : ",") + std::to_string(ascending[first]);
    if (i > first) text += "-" + std::to_string(ascending[i]);
  }
  return text;
}

}  // namespace muster
