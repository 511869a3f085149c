#pragma once
// The lock of a cluster's directory: as long as a process of the cluster lives, it is held.
// The launcher takes it and its controller and node inherit it, so a controller that serves always
// holds it (rule 6), and a free lock means that all three have ended.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// A process of the cluster, as noted in the lock's file. Its birth tells it from a later process
/// that was given the same number.
struct LockHolder {
  std::string role;
  pid_t pid = 0;
  std::uint64_t birth = 0;
};

class ClusterLock {
 public:
  /// nullopt when another process holds it. Waits up to 0.2 s: those who ask `is_held` take it for
  /// an instant. Throws std::runtime_error when the file can't be opened.
  static std::optional<ClusterLock> acquire(const std::filesystem::path& path);
  /// Asks without waiting. A file that isn't there is not held.
  static bool is_held(const std::filesystem::path& path);
  /// Who has noted itself, oldest first; only those that still live.
  static std::vector<LockHolder> holders(const std::filesystem::path& path);

  /// A lock that several hold at once, for those that belong to a cluster without being of its
  /// launcher's making. Waits for the instant that somebody else asks. Throws std::runtime_error.
  static ClusterLock share(const std::filesystem::path& path);
  /// Somebody holds it in either way.
  static bool is_shared(const std::filesystem::path& path);

  int descriptor() const { return file_.get(); }
  /// The file that is held has been removed.
  bool is_removed() const;
  void note(std::string_view role, pid_t pid);

 private:
  explicit ClusterLock(wire::Descriptor file) : file_(std::move(file)) {}

  wire::Descriptor file_;
};

/// The kernel's start time of a process in clock ticks since boot, 0 when there is none.
std::uint64_t birth_of(pid_t pid);

}  // namespace muster::launcher
