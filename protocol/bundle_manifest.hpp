#pragma once
// The list of libraries in a bundle (`muster bundle`): the command writes it, and a client that is
// started from a bundle reads it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/identity.hpp"

namespace muster::wire {

/// Beside the directories `bin` and `lib`.
inline constexpr const char* bundle_manifest_name = "manifest";

struct BundledLibrary {
  Digest digest;
  std::uint64_t bytes = 0;
  std::string name;  ///< in `lib`
};

/// A line for each: digest, bytes, name.
std::string write_manifest(const std::vector<BundledLibrary>& libraries);
/// nullopt when it isn't such a text.
std::optional<std::vector<BundledLibrary>> read_manifest(std::string_view text);

}  // namespace muster::wire
