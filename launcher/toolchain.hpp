#pragma once
// How task modules are compiled on this host, as the installed package, or the build, says.

#include <filesystem>
#include <string>
#include <vector>

namespace muster::launcher {

struct Toolchain {
  std::filesystem::path file;  ///< that says so
  std::string text;            ///< what it says
  std::string compiler;
  std::vector<std::string> compile;  ///< the compiler's arguments in front of the source
  std::vector<std::string> link;     ///< and behind it
};

/// $MUSTER_TOOLCHAIN, else the file of the package that this program, or the `muster` in PATH,
/// belongs to, else where Muster was to be installed. Throws ClusterError that says where it
/// looked, or what is wrong with the file.
Toolchain find_toolchain();

/// Lines "compiler C", "compile ARGUMENT" and "link ARGUMENT"; {here} stands for the directory of
/// the file. Throws ClusterError.
Toolchain toolchain_in(const std::string& text, const std::filesystem::path& file);

}  // namespace muster::launcher
