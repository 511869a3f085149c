#pragma once
// An image on this host: open descriptors of files whose digests have been checked (rule 26).

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {

class LibraryDirectory;

/// For people: the first digits of an image's or a file's name.
inline std::string short_name(const wire::Digest& digest) {
  return digest.hex().substr(0, 8);
}

/// The file that this process runs, without a look at its content.
struct OwnProgram {
  /// Throws std::runtime_error when /proc isn't mounted.
  static OwnProgram open();

  wire::Descriptor file;
  std::string path;
};

/// Keeps the file's content reachable even when the file is replaced or deleted, or the client that
/// offered it is gone.
class ImageFile {
 public:
  /// The digest of what is in `file` was checked. `path` is where its client runs it.
  ImageFile(wire::Digest digest, wire::Descriptor file, std::string path);
  ImageFile(ImageFile&&) noexcept;
  ~ImageFile();

  /// Tries /proc/PID/exe (unless pid is 0), then the path. Throws std::runtime_error that names
  /// both attempts. Reads the whole file, unless `stop` becomes true.
  static ImageFile open(const wire::Digest& digest, std::int64_t pid, const std::string& path,
                        const std::atomic<bool>& stop);
  static ImageFile open(const wire::Digest& digest, std::int64_t pid, const std::string& path);
  /// The program that this process runs. Reads the whole file.
  static ImageFile of_this_program();

  const wire::Digest& digest() const { return digest_; }
  int descriptor() const { return file_.get(); }
  /// The caller has it for itself; this object is of no use any more.
  wire::Descriptor take() { return std::move(file_); }
  /// Where it was found, for argv[0] and for people. It may name another file by now.
  const std::string& path() const { return path_; }

  /// Directories, with colons between them, in which its process looks for libraries first.
  const std::string& search_path() const { return search_path_; }
  void set_search_path(std::string directories, std::unique_ptr<LibraryDirectory> own);

 private:
  wire::Digest digest_;
  wire::Descriptor file_;
  std::string path_;
  std::string search_path_;
  std::unique_ptr<LibraryDirectory> libraries_;
};

}  // namespace muster::launcher
