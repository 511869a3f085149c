#pragma once
// An image on this host: an open descriptor of a file whose digest has been checked (rule 26).

#include <cstdint>
#include <string>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {

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
  /// Tries /proc/PID/exe (unless pid is 0), then the path. Throws std::runtime_error that names
  /// both attempts. Reads the whole file.
  static ImageFile open(const wire::Digest& digest, std::int64_t pid, const std::string& path);
  /// The program that this process runs. Reads the whole file.
  static ImageFile of_this_program();

  const wire::Digest& digest() const { return digest_; }
  int descriptor() const { return file_.get(); }
  /// Where it was found, for argv[0] and for people. It may name another file by now.
  const std::string& path() const { return path_; }

 private:
  ImageFile(wire::Digest digest, wire::Descriptor file, std::string path);

  wire::Digest digest_;
  wire::Descriptor file_;
  std::string path_;
};

}  // namespace muster::launcher
