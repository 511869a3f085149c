#include "protocol/image_cache.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "protocol/checked_file.hpp"
#include "protocol/file_bytes.hpp"

namespace muster::wire {
namespace {

constexpr const char* part_ending = ".part";

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Descriptor in_memory() {
  Descriptor memory(::memfd_create("muster-image", MFD_CLOEXEC));
  if (!memory) fail("cannot keep an image in memory");
  return memory;
}

/// Ours, and closed to others: what is in it is executed.
void make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory.parent_path(), error);
  struct stat status {};
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    fail("cannot make " + directory.string());
  }
  if (::lstat(directory.c_str(), &status) != 0) fail("cannot use " + directory.string());
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0) {
    errno = EPERM;
    fail(directory.string() + " must be a directory that only its owner can write to");
  }
}

bool is_still_at(const std::filesystem::path& path, int file) {
  struct stat there {};
  struct stat here {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(file, &here) == 0 &&
         there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

}  // namespace

IncomingFile::~IncomingFile() {
  if (file_ && !part_.empty()) ::unlink(part_.c_str());
}

int IncomingFile::write(std::uint64_t offset, Bytes bytes) {
  return write_bytes(file_.get(), offset, bytes);
}

Descriptor IncomingFile::keep() {
  if (part_.empty()) return std::move(file_);
  // A program can't be executed while anybody has it open for writing.
  Descriptor reader(::open(part_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader || ::fchmod(reader.get(), 0500) != 0 || ::rename(part_.c_str(), name_.c_str()) != 0) {
    fail("cannot keep " + name_.string());
  }
  file_.reset();
  ::flock(reader.get(), LOCK_SH | LOCK_NB);
  return reader;
}

std::filesystem::path ImageCache::usual_directory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::filesystem::path(cache) / "muster" / "images";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::filesystem::path(home) / ".cache" / "muster" / "images";
}

Descriptor ImageCache::find(const Digest& file) const {
  if (directory_.empty()) return Descriptor();
  std::string why;
  Descriptor found = open_regular(path_of(file), why);
  if (!found) return found;
  ::flock(found.get(), LOCK_SH | LOCK_NB);  // in use: tidy() leaves it
  ::futimens(found.get(), nullptr);
  return found;
}

void ImageCache::remove(const Digest& file) const {
  ::unlink(path_of(file).c_str());
}

std::optional<IncomingFile> ImageCache::begin(const Digest& file) const {
  if (directory_.empty()) return IncomingFile(in_memory(), {}, {});
  make_directory(directory_);
  const std::filesystem::path part = path_of(file).string() + part_ending;
  for (;;) {
    Descriptor open(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0700));
    if (!open) fail("cannot write " + part.string());
    if (::flock(open.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    // Whoever had the lock before may have renamed or removed it.
    if (!is_still_at(part, open.get())) continue;
    // What a process that ended halfway has left is not to be trusted.
    if (::ftruncate(open.get(), 0) != 0) fail("cannot write " + part.string());
    return IncomingFile(std::move(open), part, path_of(file));
  }
}

void ImageCache::tidy() const {
  struct Entry {
    std::filesystem::path path;
    std::uint64_t bytes;
    std::filesystem::file_time_type used;
  };
  std::vector<Entry> entries;
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (!entry.is_regular_file(error)) continue;
    entries.push_back({entry.path(), entry.file_size(error), entry.last_write_time(error)});
    sum += entries.back().bytes;
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (sum <= bytes_max_) return;
    const Descriptor file(::open(entry.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;  // in use
    if (::unlink(entry.path.c_str()) == 0) sum -= entry.bytes;
  }
}

Descriptor executable(Descriptor file) {
  struct statvfs system {};
  if (::fstatvfs(file.get(), &system) != 0 || (system.f_flag & ST_NOEXEC) == 0) return file;
  Descriptor memory = in_memory();
  off_t offset = 0;
  const auto size = static_cast<off_t>(size_of(file.get()));
  while (offset < size) {
    const ssize_t put =
        ::sendfile(memory.get(), file.get(), &offset, static_cast<std::size_t>(size - offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail("cannot copy an image into memory");
  }
  return memory;
}

}  // namespace muster::wire
