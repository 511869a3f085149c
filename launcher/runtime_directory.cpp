#include "launcher/runtime_directory.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/identity.hpp"
#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;
using wire::Descriptor;

// A socket's path has room for 107 bytes; the longest name in the directory is "/control".
constexpr std::size_t path_bytes_max = 90;
constexpr std::size_t name_digits = 8;
constexpr int tries_max = 16;

fs::path below(const fs::path& temporary) {
  return temporary / ("muster-" + std::to_string(::geteuid()));
}

/// Muster's directory of this user in the temporary directory. A long TMPDIR gives way to /tmp.
fs::path user_directory() {
  std::error_code error;
  const fs::path chosen = below(fs::temp_directory_path(error));
  if (error) {
    throw std::runtime_error("there is no temporary directory (" + error.message() +
                             "); set TMPDIR to a directory you may write to");
  }
  return chosen.native().size() + 1 + name_digits < path_bytes_max ? chosen : below("/tmp");
}

Descriptor open_directory(const fs::path& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// True when the descriptor is still what the path names: a cleaner may have been faster.
bool still_there(const Descriptor& directory, const fs::path& path) {
  struct stat by_path {};
  struct stat by_descriptor {};
  return ::fstat(directory.get(), &by_descriptor) == 0 && ::lstat(path.c_str(), &by_path) == 0 &&
         by_path.st_ino == by_descriptor.st_ino && by_path.st_dev == by_descriptor.st_dev;
}

}  // namespace

std::string client_endpoint(const fs::path& runtime) {
  return "ipc://" + (runtime / "client").string();
}
std::string engine_endpoint(const fs::path& runtime) {
  return "ipc://" + (runtime / "engine").string();
}
std::string control_endpoint(const fs::path& runtime) {
  return "ipc://" + (runtime / "control").string();
}

RuntimeDirectory::RuntimeDirectory() {
  const fs::path user = user_directory();
  wire::make_private_directory(user);
  wire::check_private_directory(user);
  stale_runtime_directories(true);
  for (int i = 0; i < tries_max; ++i) {
    const fs::path path = user / wire::Uuid::random().hex().substr(0, name_digits);
    if (::mkdir(path.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      throw std::runtime_error("cannot make " + path.string() + ": " +
                               std::generic_category().message(errno) +
                               "; free some space or set TMPDIR to another directory");
    }
    if (take(path)) return;
  }
  throw std::runtime_error("cannot make a directory for sockets in " + user.string() +
                           "; look for what removes directories there");
}

RuntimeDirectory::RuntimeDirectory(const fs::path& path) {
  const fs::path user = path.parent_path();
  const bool named_so = user == below(user.parent_path()) &&
                        wire::Uuid::parse(std::string(24, '0') + path.filename().string());
  if (!named_so)
    throw std::runtime_error(path.string() + " is no directory of a cluster's sockets");
  wire::make_private_directory(user);
  wire::check_private_directory(user);
  for (int i = 0; i < tries_max; ++i) {
    wire::make_private_directory(path);
    if (take(path)) return;
  }
  throw std::runtime_error("cannot take the directory " + path.string() +
                           " again; look for what removes directories there");
}

/// False when a cleaner was faster.
bool RuntimeDirectory::take(const fs::path& path) {
  Descriptor directory = open_directory(path);
  if (!directory || ::flock(directory.get(), LOCK_SH | LOCK_NB) != 0) return false;
  if (!still_there(directory, path)) return false;
  path_ = path;
  lock_ = std::move(directory);
  return true;
}

RuntimeDirectory::~RuntimeDirectory() {
  remove_runtime_directory(path_);
}

std::vector<fs::path> stale_runtime_directories(bool remove) {
  fs::path user;
  try {
    user = user_directory();
    wire::check_private_directory(user);
  } catch (const std::runtime_error&) {
    return {};  // nothing there, or not ours
  }
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(user, error), end; !error && entry != end;
       entry.increment(error)) {
    found.push_back(entry->path());
  }
  std::vector<fs::path> stale;
  for (const fs::path& path : found) {
    const Descriptor directory = open_directory(path);
    // A living cluster holds a shared lock.
    if (!directory || ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (remove) remove_runtime_directory(path);
    stale.push_back(path);
  }
  return stale;
}

void remove_runtime_directory(const fs::path& path) {
  // Only sockets are in it: nothing below it is followed or removed.
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    found.push_back(entry->path());
  }
  for (const fs::path& file : found)
    ::unlink(file.c_str());
  ::rmdir(path.c_str());
}

}  // namespace muster::launcher
