#pragma once
// The table of what is reached, as a picture.

#include <string>
#include <vector>

#include "bench/driver/reach.hpp"

namespace muster::bench {

/// A whole SVG document: a bar for each outcome, which ends at the line in the middle when the
/// limit is just met and right of it when it is more than met.
std::string plot(const std::vector<Outcome>& outcomes);

}  // namespace muster::bench
