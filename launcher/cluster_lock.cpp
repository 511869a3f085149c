#include "launcher/cluster_lock.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::launcher {
namespace {

constexpr int acquire_tries = 20;
constexpr int acquire_pause_ms = 10;

wire::Descriptor open_lock(const std::filesystem::path& path) {
  wire::Descriptor file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file) return file;
  throw std::runtime_error("cannot open " + path.string() + ": " +
                           std::generic_category().message(errno) +
                           "; check the directory's rights and free space");
}

bool is_at(const std::filesystem::path& path, const wire::Descriptor& file) {
  struct stat by_path {};
  struct stat by_descriptor {};
  return ::fstat(file.get(), &by_descriptor) == 0 && ::lstat(path.c_str(), &by_path) == 0 &&
         by_path.st_ino == by_descriptor.st_ino && by_path.st_dev == by_descriptor.st_dev;
}

}  // namespace

std::uint64_t birth_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // Field 22; the second one, "(name)", may hold anything, so count from its bracket.
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return 0;
  std::istringstream rest(text.substr(bracket + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number)
    rest >> field;
  return rest ? std::strtoull(field.c_str(), nullptr, 10) : 0;
}

std::optional<ClusterLock> ClusterLock::acquire(const std::filesystem::path& path) {
  for (int i = 0; i < acquire_tries; ++i) {
    wire::Descriptor file = open_lock(path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      ::poll(nullptr, 0, acquire_pause_ms);
      continue;
    }
    // `clean` may have removed the file meanwhile: then this is the lock of nothing.
    if (!is_at(path, file)) continue;
    if (::ftruncate(file.get(), 0) != 0) return std::nullopt;
    return ClusterLock(std::move(file));
  }
  return std::nullopt;
}

bool ClusterLock::is_held(const std::filesystem::path& path) {
  const wire::Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == EACCES) {
    throw std::runtime_error("cannot open " + path.string() + ": " +
                             std::generic_category().message(errno) +
                             "; it is another user's, yours are found by XDG_STATE_HOME");
  }
  // Shared: two who ask at once don't disturb each other.
  return file && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

ClusterLock ClusterLock::share(const std::filesystem::path& path) {
  for (;;) {
    wire::Descriptor file = open_lock(path);
    while (::flock(file.get(), LOCK_SH) != 0) {
      if (errno != EINTR) throw std::runtime_error("cannot lock " + path.string());
    }
    if (is_at(path, file)) return ClusterLock(std::move(file));
  }
}

bool ClusterLock::is_shared(const std::filesystem::path& path) {
  const wire::Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::vector<LockHolder> ClusterLock::holders(const std::filesystem::path& path) {
  std::vector<LockHolder> result;
  std::ifstream file(path);
  for (LockHolder holder; file >> holder.role >> holder.pid >> holder.birth;) {
    if (holder.pid > 1 && holder.birth != 0 && birth_of(holder.pid) == holder.birth) {
      result.push_back(holder);
    }
  }
  return result;
}

bool ClusterLock::is_removed() const {
  struct stat status {};
  return ::fstat(file_.get(), &status) == 0 && status.st_nlink == 0;
}

void ClusterLock::note(std::string_view role, pid_t pid) {
  const std::string line =
      std::string(role) + " " + std::to_string(pid) + " " + std::to_string(birth_of(pid)) + "\n";
  // A note only helps `stop` when a process hangs; without it the lock still works.
  [[maybe_unused]] const ssize_t put = ::write(file_.get(), line.data(), line.size());
}

}  // namespace muster::launcher
