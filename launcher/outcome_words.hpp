#pragma once
// An outcome that is no value, in words.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace muster::launcher {

/// Of this kind (wire::OutcomeKind) with this body: "std::out_of_range: x", "the task was
/// cancelled". At most a kilobyte; what can't be read is empty.
std::string words_of_outcome(std::uint8_t kind, std::span<const std::byte> body);

}  // namespace muster::launcher
