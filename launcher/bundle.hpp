#pragma once
// A program packed with the libraries that it needs, except those of glibc, which every host has.

#include <filesystem>
#include <string>
#include <vector>

namespace muster::launcher {

/// A library that a program loads when it starts.
struct NeededLibrary {
  std::string name;  ///< as the program calls it
  std::filesystem::path path;
};

/// What the dynamic loader would load for it here, without glibc's own. Doesn't run the program.
/// Throws std::runtime_error, which names a library that is missing here.
std::vector<NeededLibrary> needed_libraries(const std::filesystem::path& program);

/// Makes, or replaces, the directory:
///
///   NAME       a script that starts the program with its libraries
///   bin/NAME   the program
///   lib/       the libraries
///   manifest   the libraries' digests, by which clients know that they are started from a bundle
///
/// Returns what it has packed. Throws std::runtime_error.
std::vector<NeededLibrary> make_bundle(const std::filesystem::path& program,
                                       const std::filesystem::path& directory);

}  // namespace muster::launcher
