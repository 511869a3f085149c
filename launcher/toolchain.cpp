#include "launcher/toolchain.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include <muster/error.hpp>

#include "launcher/program_search.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

/// From the directory of the command, in an installation and in a build.
constexpr const char* from_bin = "../" MUSTER_LIBRARY_DIR "/cmake/muster/toolchain";
constexpr const char* installed = MUSTER_INSTALLED_LIBRARY_DIR "/cmake/muster/toolchain";
constexpr std::string_view here = "{here}";

fs::path beside(const fs::path& program) {
  std::error_code error;
  const fs::path found = fs::canonical(program, error);
  return error ? fs::path() : (found.parent_path() / from_bin).lexically_normal();
}

std::vector<fs::path> places() {
  return {beside("/proc/self/exe"), beside(find_program("muster")), fs::path(installed)};
}

std::optional<std::string> content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Toolchain toolchain_in(const std::string& text, const fs::path& file) {
  Toolchain toolchain;
  toolchain.file = file;
  toolchain.text = text;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t space = line.find(' ');
    if (line.empty() || line.starts_with('#')) continue;
    const std::string word = line.substr(0, space);
    std::string value = space == std::string::npos ? std::string() : line.substr(space + 1);
    if (const std::size_t at = value.find(here); at != std::string::npos)
      value.replace(at, here.size(), file.parent_path().string());
    if (word == "compiler") {
      toolchain.compiler = value;
    } else if (word == "compile") {
      toolchain.compile.push_back(value);
    } else if (word == "link") {
      toolchain.link.push_back(value);
    } else {
      throw ClusterError(file.string() + ": '" + line + "' is none of compiler, compile and link");
    }
  }
  if (toolchain.compiler.empty()) throw ClusterError(file.string() + " names no compiler");
  return toolchain;
}

Toolchain find_toolchain() {
  if (const char* chosen = std::getenv("MUSTER_TOOLCHAIN"); chosen != nullptr && *chosen != '\0') {
    const auto text = content(chosen);
    if (!text)
      throw ClusterError("MUSTER_TOOLCHAIN names " + std::string(chosen) + ", which can't be read");
    return toolchain_in(*text, chosen);
  }
  std::string looked;
  for (const fs::path& place : places()) {
    if (const auto text = content(place)) return toolchain_in(*text, place);
    if (!place.empty()) looked += (looked.empty() ? "" : ", ") + place.string();
  }
  throw ClusterError("compiling needs Muster's development files here (libmuster-dev), of which " +
                     std::string("the file toolchain isn't at ") + looked +
                     "; MUSTER_TOOLCHAIN can name it");
}

}  // namespace muster::launcher
