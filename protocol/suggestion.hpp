#pragma once
// "Did you mean …?"

#include <span>
#include <string>
#include <string_view>

namespace muster::wire {

/// How many letters have to be inserted, removed, replaced or swapped with their neighbour to turn
/// one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that is most like the word; empty when none is within a third of its length.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace muster::wire
