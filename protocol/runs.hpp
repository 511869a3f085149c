#pragma once
// Ascending numbers that are mostly neighbours, as they travel: first, count, first, count, ...

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace muster::wire {

using Runs = std::vector<std::uint32_t>;

/// Requires ascending numbers.
Runs runs_of(std::span<const std::uint32_t> numbers);

/// nullopt when these are no such runs, or name more than `most` numbers.
std::optional<std::vector<std::uint32_t>> numbers_in(const Runs& runs, std::size_t most);

}  // namespace muster::wire
