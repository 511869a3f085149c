#pragma once
// A directory in which an engine's process finds the libraries that travelled with its image.

#include <string>
#include <vector>

#include "launcher/runtime_directory.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// Links to descriptors of this process, so that it doesn't matter where the files lie, whether
/// code may be mapped from there, or whether somebody removes them.
class LibraryDirectory {
 public:
  struct Library {
    std::string name;
    wire::Descriptor file;
  };
  /// Throws std::runtime_error.
  explicit LibraryDirectory(std::vector<Library> libraries);

  std::string path() const { return directory_.path().string(); }

 private:
  RuntimeDirectory directory_;
  std::vector<Library> libraries_;
};

}  // namespace muster::launcher
