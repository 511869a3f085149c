#include "launcher/loader_words.hpp"

#include <string_view>

namespace muster::launcher {
namespace {

constexpr std::string_view loading = "error while loading shared libraries: ";
constexpr std::string_view version = ": version `";
constexpr std::string_view not_found = "' not found";

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string explain_loader(const std::string& said) {
  const std::string_view text = said;
  if (const std::size_t at = text.find(loading); at != std::string_view::npos) {
    const std::string_view rest = text.substr(at + loading.size());
    const std::string library(rest.substr(0, rest.find(':')));
    if (rest.find("No such file") != std::string_view::npos) {
      return library + " is missing there; `muster bundle` packs it with the program";
    }
    return library + " can't be loaded there";
  }
  // "PROGRAM: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by PROGRAM)"
  if (const std::size_t at = text.find(version); at != std::string_view::npos) {
    const std::size_t begin = at + version.size();
    const std::size_t end = text.find(not_found, begin);
    if (end == std::string_view::npos) return {};
    const std::string wanted(text.substr(begin, end - begin));
    const std::size_t line = text.rfind(' ', at);
    const std::string library(name_of(text.substr(line + 1, at - line - 1)));
    const bool glibc = wanted.starts_with("GLIBC_");
    return library + " is too old there: it lacks " + wanted + "; " +
           (glibc ? "build the program on the oldest system that it has to run on"
                  : "`muster bundle` packs the right one with the program");
  }
  return {};
}

}  // namespace muster::launcher
