#include "launcher/image_file.hpp"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace muster::launcher {
namespace {

using wire::Descriptor;
using wire::Digest;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// Opens one candidate. On failure returns none and sets `why`.
Descriptor try_open(const std::string& path, const Digest& wanted, std::string& why) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    why = path + ": " + error_text(errno);
    return Descriptor();
  }
  if (!S_ISREG(status.st_mode)) {
    why = path + ": not a regular file";
    return Descriptor();
  }
  try {
    const Digest found = Digest::of_file(file.get());
    if (found == wanted) return file;
    why = path + ": another file (" + found.hex().substr(0, 8) + ")";
  } catch (const std::system_error& error) {
    why = path + ": " + error.what();
  }
  return Descriptor();
}

}  // namespace

ImageFile::ImageFile(Digest digest, Descriptor file, std::string path)
    : digest_(digest), file_(std::move(file)), path_(std::move(path)) {}

ImageFile ImageFile::open(const Digest& digest, std::int64_t pid, const std::string& path) {
  std::string failures;
  if (pid != 0) {
    std::string why;
    Descriptor file = try_open("/proc/" + std::to_string(pid) + "/exe", digest, why);
    if (file) return ImageFile(digest, std::move(file), path);
    failures = why + "; ";
  }
  if (path.empty()) {
    failures += "no path was given";
  } else {
    std::string why;
    Descriptor file = try_open(path, digest, why);
    if (file) return ImageFile(digest, std::move(file), path);
    failures += why;
  }
  throw std::runtime_error("image " + digest.hex().substr(0, 8) +
                           " can't be opened on this host (" + failures +
                           "); if the program was rebuilt or moved while it ran, start it again");
}

OwnProgram OwnProgram::open() {
  Descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!file) {
    throw std::runtime_error("cannot open /proc/self/exe: " + error_text(errno) +
                             "; Muster needs /proc to be mounted");
  }
  std::error_code error;
  std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return {std::move(file), error ? "muster" : std::move(path)};
}

ImageFile ImageFile::of_this_program() {
  OwnProgram program = OwnProgram::open();
  const Digest digest = Digest::of_file(program.file.get());
  return ImageFile(digest, std::move(program.file), std::move(program.path));
}

}  // namespace muster::launcher
