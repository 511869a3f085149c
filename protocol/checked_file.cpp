#include "protocol/checked_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace muster::wire {

Descriptor open_regular(const std::string& path, std::string& why) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    why = path + ": " + std::generic_category().message(errno);
    return Descriptor();
  }
  if (!S_ISREG(status.st_mode)) {
    why = path + ": not a regular file";
    return Descriptor();
  }
  return file;
}

Descriptor open_checked(const std::string& path, const Digest& wanted, std::string& why,
                        const std::atomic<bool>& stop) {
  Descriptor file = open_regular(path, why);
  if (file && !has_digest(file.get(), wanted, why, stop)) {
    why = path + ": " + why;
    return Descriptor();
  }
  return file;
}

bool has_digest(int file, const Digest& wanted, std::string& why, const std::atomic<bool>& stop) {
  try {
    const Digest found = Digest::of_file(file, &stop);
    if (found == wanted) return true;
    why = "another file (" + found.hex().substr(0, 8) + ")";
  } catch (const std::system_error& error) {
    why = error.what();
  }
  return false;
}

std::uint64_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace muster::wire
