#pragma once
// A result for people and scripts, who don't have the program's types.

#include <cstddef>
#include <span>
#include <string>

namespace muster::launcher {

/// JSON: numbers, texts, arrays and maps as they are; arrays of numbers, which travel as memory, as
/// arrays; what is neither as null. Throws ClusterError when the bytes are no result.
std::string value_json(std::span<const std::byte> body);

}  // namespace muster::launcher
