#include "protocol/runs.hpp"

namespace muster::wire {

Runs runs_of(std::span<const std::uint32_t> numbers) {
  Runs runs;
  for (const std::uint32_t number : numbers) {
    if (!runs.empty() && runs[runs.size() - 2] + runs.back() == number) {
      ++runs.back();
    } else {
      runs.insert(runs.end(), {number, 1});
    }
  }
  return runs;
}

std::optional<std::vector<std::uint32_t>> numbers_in(const Runs& runs, std::size_t most) {
  std::vector<std::uint32_t> numbers;
  if (runs.size() % 2 != 0) return std::nullopt;
  std::uint64_t least = 0;  // that the next run may begin with
  for (std::size_t run = 0; run < runs.size(); run += 2) {
    const std::uint64_t end = std::uint64_t{runs[run]} + runs[run + 1];
    if (runs[run] < least || runs[run + 1] > most - numbers.size() || end > UINT32_MAX)
      return std::nullopt;
    for (std::uint64_t number = runs[run]; number < end; ++number)
      numbers.push_back(static_cast<std::uint32_t>(number));
    least = end;
  }
  return numbers;
}

}  // namespace muster::wire
