#pragma once
// A node of a cluster that lives as on another host: in its own namespaces of mounts and processes,
// it sees neither the clients' processes nor the directory of their programs.

#include <filesystem>
#include <optional>
#include <string>

#include "protocol/descriptor.hpp"
#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"

namespace muster::test {

class FarNode {
 public:
  /// Empty when this process may make such a host; else why not.
  static std::string trouble();

  /// Joins the cluster. `hidden` is the directory that it doesn't see; `before` are shell commands
  /// that change its host further.
  FarNode(const Cluster& cluster, int engines, const std::filesystem::path& hidden,
          const std::string& before = "true");
  /// SIGKILL, to it and to all of its processes.
  void kill();
  /// It and all of its processes end at once.
  void end();
  std::string err() const { return child_->err(); }

 private:
  wire::Descriptor tether_;
  std::optional<Child> child_;
};

}  // namespace muster::test
