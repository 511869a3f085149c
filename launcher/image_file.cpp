#include "launcher/image_file.hpp"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>

#include "launcher/library_directory.hpp"
#include "protocol/checked_file.hpp"

namespace muster::launcher {
namespace {

using wire::Descriptor;
using wire::Digest;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace

ImageFile::ImageFile(Digest digest, Descriptor file, std::string path)
    : digest_(digest), file_(std::move(file)), path_(std::move(path)) {}

ImageFile::ImageFile(ImageFile&&) noexcept = default;
ImageFile::~ImageFile() = default;

void ImageFile::set_search_path(std::string directories, std::unique_ptr<LibraryDirectory> own) {
  search_path_ = std::move(directories);
  libraries_ = std::move(own);
}

ImageFile ImageFile::open(const Digest& digest, std::int64_t pid, const std::string& path) {
  return open(digest, pid, path, std::atomic<bool>(false));
}

ImageFile ImageFile::open(const Digest& digest, std::int64_t pid, const std::string& path,
                          const std::atomic<bool>& stop) {
  std::string failures;
  if (pid != 0) {
    std::string why;
    Descriptor file =
        wire::open_checked("/proc/" + std::to_string(pid) + "/exe", digest, why, stop);
    if (file) return ImageFile(digest, std::move(file), path);
    failures = why + "; ";
  }
  if (path.empty()) {
    failures += "no path was given";
  } else {
    std::string why;
    Descriptor file = wire::open_checked(path, digest, why, stop);
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
