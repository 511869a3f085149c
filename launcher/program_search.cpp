#include "launcher/program_search.hpp"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

namespace muster::launcher {

std::string find_program(const std::string& name) {
  const char* variable = std::getenv("PATH");
  return find_program(name, variable == nullptr ? "/usr/bin:/bin" : variable);
}

std::string find_program(const std::string& name, const std::string& path) {
  if (name.find('/') != std::string::npos) return name;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = end == begin ? "." : path.substr(begin, end - begin);
    const std::string file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
    begin = end + 1;
  }
  return name;
}

}  // namespace muster::launcher
