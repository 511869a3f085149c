#include "protocol/private_file.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::wire {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error) {
  throw std::runtime_error("cannot " + what + " " + path.string() + ": " +
                           std::generic_category().message(error) +
                           "; check the directory's rights and free space");
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

void write_private_file(const fs::path& path, std::string_view content, Durable durable) {
  // A random name: two writers never share one, and nobody can have prepared it.
  fs::path temporary = path;
  temporary += "." + Uuid::random().hex();
  Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) fail("create", temporary, errno);
  if (!write_all(file.get(), content) || (durable == Durable::yes && ::fsync(file.get()) != 0) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("write", path, error);
  }
  if (durable == Durable::no) return;
  // The new name is an entry of the directory, which has to reach the disk as well.
  Descriptor directory(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) fail("sync the directory of", path, errno);
}

void make_private_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
  fail("make the directory", path, errno);
}

void check_private_directory(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) fail("look at", path, errno);
  const std::string name = path.string();
  if (!S_ISDIR(status.st_mode)) {
    throw std::runtime_error(name + " is not a directory; remove it and try again");
  }
  if (status.st_uid != ::geteuid()) {
    throw std::runtime_error(name + " belongs to user " + std::to_string(status.st_uid) +
                             ", not to you; remove it, or choose another place with "
                             "XDG_STATE_HOME or TMPDIR");
  }
  if ((status.st_mode & 077) != 0) {
    throw std::runtime_error(name + " is open to other users; close it with: chmod 700 " + name);
  }
}

}  // namespace muster::wire
