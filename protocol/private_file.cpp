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

/// Refuses a file, in words that begin with what it should be.
struct Refusal {
  std::string_view what;
  const fs::path& path;

  [[noreturn]] void operator()(PrivateFileError::Kind kind, const std::string& text) const {
    throw PrivateFileError(kind, std::string(what) + " " + path.string() + " " + text);
  }
};

Descriptor open_checked(const fs::path& path, const Refusal& refuse, std::size_t& size) {
  using Kind = PrivateFileError::Kind;
  // O_NONBLOCK: a FIFO of that name must not hang the reader.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      refuse(Kind::missing, "is not there: start a cluster with: muster start");
    }
    if (error == ELOOP) refuse(Kind::refused, "is a symbolic link; remove it");
    refuse(Kind::refused, "cannot be opened: " + std::generic_category().message(error) +
                              "; it must be readable for you");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    refuse(Kind::refused, "is not a regular file; name one");
  }
  if (status.st_uid != ::geteuid()) {
    refuse(Kind::refused, "belongs to user " + std::to_string(status.st_uid) +
                              ", not to you; a cluster serves only the user who started it");
  }
  if ((status.st_mode & 077) != 0) {
    refuse(Kind::refused, "is open to other users; close it with: chmod 600 " + path.string());
  }
  size = static_cast<std::size_t>(status.st_size);
  return file;
}

}  // namespace

std::string read_private_file(const fs::path& path, std::string_view what, std::size_t bytes_max) {
  using Kind = PrivateFileError::Kind;
  const Refusal refuse{what, path};
  std::size_t size = 0;
  const Descriptor file = open_checked(path, refuse, size);
  if (size > bytes_max) {
    refuse(Kind::damaged,
           "is larger than " + std::to_string(bytes_max >> 10) + " KiB" + restart_hint);
  }
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      refuse(Kind::damaged,
             "cannot be read: " + std::generic_category().message(errno) + restart_hint);
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

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
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
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
