#pragma once
// The nodes of a cluster on other hosts, all of them side by side: who has come, who can't, and
// what to tell the user.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "launcher/far_nodes.hpp"
#include "launcher/host_command.hpp"
#include "launcher/host_list.hpp"
#include "launcher/node_bundle.hpp"
#include "launcher/remote_node.hpp"

namespace muster::launcher {

struct RemotePlan {
  HostCommand command;
  std::vector<RemoteHost> hosts;
  /// They can't reach the controller but through ssh.
  bool tunnel = false;
  bool require_all = false;  ///< a host that can't be used ends the cluster while it starts
  std::string resources{};   ///< of each engine there, listed
  int memory_limit_mib = 0;  ///< of each engine's process there; 0: none
};

/// All calls and callbacks on the loop's thread.
class RemoteNodes : public FarNodes {
 public:
  /// Connects to all hosts. What they say is in `logs`, in one file each. A host that can't even be
  /// tried ends like one that doesn't answer. Throws std::runtime_error when there is nothing to
  /// send. `network` is where the controller listens, if it has to be known by now, for tunnels.
  RemoteNodes(asio::io_context& io, RemotePlan plan, const std::filesystem::path& logs,
              int image_cache_mib, const std::string& log_level,
              const std::optional<wire::ConnectionFile::Network>& network, FarNodesEvents events);

  void deliver(const wire::ConnectionFile& file) override;
  /// Every host has either joined or ended.
  bool settled() const override;
  std::uint32_t joined_engines() const override;
  void give_up(const std::string& reason) override;
  void cut() override;
  void kill() override;
  bool ended() const override;
  std::chrono::seconds cut_bound() const override { return std::chrono::seconds(2); }
  const char* noun() const override { return "host"; }

 private:
  void changed();

  RemotePlan plan_;
  FarNodesEvents events_;
  NodeBundle bundle_;
  std::vector<std::unique_ptr<RemoteNode>> nodes_;
  std::vector<bool> told_;  ///< its end was told
};

}  // namespace muster::launcher
