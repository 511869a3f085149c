#include "launcher/library_directory.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace muster::launcher {

LibraryDirectory::LibraryDirectory(std::vector<Library> libraries)
    : libraries_(std::move(libraries)) {
  const std::string descriptors = "/proc/" + std::to_string(::getpid()) + "/fd/";
  for (const Library& library : libraries_) {
    const std::string link = path() + "/" + library.name;
    // A name comes from a client, and leads nowhere else.
    const bool plain = !library.name.empty() && library.name.find('/') == std::string::npos;
    if (plain &&
        ::symlink((descriptors + std::to_string(library.file.get())).c_str(), link.c_str()) == 0) {
      continue;
    }
    throw std::runtime_error("cannot make " + link + ": " +
                             std::generic_category().message(plain ? errno : EINVAL));
  }
}

}  // namespace muster::launcher
