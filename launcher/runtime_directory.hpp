#pragma once
// Where the sockets of a local cluster are: muster-UID/8HEX under the temporary directory (rule
// 32).

#include <filesystem>
#include <string>
#include <vector>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// The endpoints in a runtime directory.
std::string client_endpoint(const std::filesystem::path& runtime);
std::string engine_endpoint(const std::filesystem::path& runtime);
std::string control_endpoint(const std::filesystem::path& runtime);

/// Made with a random name, 0700, locked so that cleaners of the temporary directory pass it by;
/// removed with its content when this object dies.
class RuntimeDirectory {
 public:
  /// Also removes directories that dead clusters of this user have left.
  /// Throws std::runtime_error.
  RuntimeDirectory();
  /// One that a killed cluster had, for who goes on with it; made again if it is gone. Throws
  /// std::runtime_error, also when it isn't named like one of this user's.
  explicit RuntimeDirectory(const std::filesystem::path& path);
  RuntimeDirectory(const RuntimeDirectory&) = delete;
  RuntimeDirectory& operator=(const RuntimeDirectory&) = delete;
  ~RuntimeDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  bool take(const std::filesystem::path& path);

  std::filesystem::path path_;
  wire::Descriptor lock_;
};

/// The directories of clusters that have ended without removing them; removes them if asked to.
std::vector<std::filesystem::path> stale_runtime_directories(bool remove);

/// Removes one, whoever made it. Never throws; what can't be removed stays.
void remove_runtime_directory(const std::filesystem::path& path);

}  // namespace muster::launcher
