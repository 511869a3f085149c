#pragma once
// The file that takes a child's stdout and stderr, and its last lines.

#include <filesystem>
#include <string>

#include <sys/types.h>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// Open for appending, 0600. Remembers where it ended when it was opened.
class LogFile {
 public:
  /// Throws std::system_error that names the file.
  explicit LogFile(const std::filesystem::path& path);

  int descriptor() const { return file_.get(); }
  /// What has been written since it was opened: the last whole lines, at most 4 KiB of them.
  std::string tail() const;
  /// A child may write for ever: once the file is larger than `bytes_max`, all but its end is
  /// dropped. What is written at the very moment may be lost.
  void keep_short();

  static constexpr off_t bytes_max = 8 << 20;

 private:
  wire::Descriptor file_;
  off_t start_ = 0;
};

}  // namespace muster::launcher
