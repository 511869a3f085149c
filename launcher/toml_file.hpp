#pragma once
// Files in TOML that a user writes. Includes toml++ as it can be used with such files: it asserts
// of them what it should ask ("[ = 1" has no key), and a release build would take for granted what
// isn't so. Here it always asks, and what doesn't hold is a mistake in the file.

#include <filesystem>
#include <stdexcept>
#include <string>

namespace muster::launcher {

[[noreturn]] inline void refuse_as_toml() {
  throw std::invalid_argument("it isn't TOML");
}

}  // namespace muster::launcher

#undef NDEBUG
#define TOML_ASSERT(holds) ((holds) ? static_cast<void>(0) : ::muster::launcher::refuse_as_toml())
#include <toml++/toml.h>

namespace muster::launcher {

/// Names the file, the line and what is wrong.
class TomlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `what` and `hint` are for errors: "the configuration file", "name another one with --config".
/// Throws TomlError.
toml::table read_toml(const std::filesystem::path& path, const std::string& what,
                      const std::string& hint);

/// "FILE:LINE".
std::string place_in(const std::filesystem::path& path, const toml::source_region& source);

}  // namespace muster::launcher
