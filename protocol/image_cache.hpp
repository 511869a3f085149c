#pragma once
// Files of images that came over the network, by their digest, in a directory that all processes of
// one user on one host share. What is in use may be removed: open descriptors keep it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

/// A file on its way into the cache, or into memory where there is none. Goes away unless it is
/// kept. While it lives no other process gets the same file.
class IncomingFile {
 public:
  IncomingFile(IncomingFile&&) noexcept = default;
  IncomingFile& operator=(IncomingFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(part_, other.part_);
    std::swap(name_, other.name_);
    return *this;
  }
  ~IncomingFile();

  /// 0, or the errno of what went wrong.
  int write(std::uint64_t offset, Bytes bytes);
  /// For a look at what has arrived.
  int descriptor() const { return file_.get(); }
  /// It is whole and right: from now on others find it. Returns it, open for reading only.
  /// Throws std::system_error.
  Descriptor keep();

 private:
  friend class ImageCache;
  IncomingFile(Descriptor file, std::filesystem::path part, std::filesystem::path name)
      : file_(std::move(file)), part_(std::move(part)), name_(std::move(name)) {}

  Descriptor file_;
  std::filesystem::path part_;  // empty in memory
  std::filesystem::path name_;
};

class ImageCache {
 public:
  static constexpr std::uint64_t bytes_max_usually = std::uint64_t{4} << 30;

  /// Makes the directory when it is needed. None (an empty path): files arrive in memory.
  ImageCache(std::filesystem::path directory, std::uint64_t bytes_max)
      : directory_(std::move(directory)), bytes_max_(bytes_max) {}
  /// $XDG_CACHE_HOME/muster/images, or ~/.cache/muster/images; none without a home.
  static std::filesystem::path usual_directory();

  const std::filesystem::path& directory() const { return directory_; }
  /// The file, open for reading and counted as used now; none when it isn't there. What is in it
  /// the caller has to look at.
  Descriptor find(const Digest& file) const;
  /// It isn't what its name says.
  void remove(const Digest& file) const;
  /// nullopt while another process gets it: look again later. Throws std::system_error.
  std::optional<IncomingFile> begin(const Digest& file) const;
  /// Removes what was used longest ago until the rest is within the bound.
  void tidy() const;

 private:
  std::filesystem::path path_of(const Digest& file) const { return directory_ / file.hex(); }

  std::filesystem::path directory_;
  std::uint64_t bytes_max_;
};

/// The same file where it may be executed and mapped as code: itself, or a copy in memory if it
/// lies on a file system that is mounted noexec. Throws std::system_error.
Descriptor executable(Descriptor file);

}  // namespace muster::wire
