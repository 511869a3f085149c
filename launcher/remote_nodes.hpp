#pragma once
// The nodes of a cluster on other hosts, all of them side by side: who has come, who can't, and
// what to tell the user.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

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
};

/// All calls and callbacks on the loop's thread.
class RemoteNodes {
 public:
  struct Events {
    std::function<void()> on_change;                  ///< a host has come or has ended
    std::function<void(const std::string&)> on_lost;  ///< one line: which host, and why
  };

  /// Connects to all hosts. What they say is in `logs`, in one file each. A host that can't even be
  /// tried ends like one that doesn't answer. Throws std::runtime_error when there is nothing to
  /// send. `network` is where the controller listens, if it has to be known by now, for tunnels.
  RemoteNodes(asio::io_context& io, RemotePlan plan, const std::filesystem::path& logs,
              int image_cache_mib, const std::string& log_level,
              const std::optional<wire::ConnectionFile::Network>& network, Events events);

  /// What all of them connect with.
  void deliver(const wire::ConnectionFile& file);
  /// Every host has either joined or ended.
  bool settled() const;
  std::uint32_t joined_engines() const;
  std::size_t lost() const { return lost_; }
  std::size_t size() const { return plan_.hosts.size(); }
  bool require_all() const { return plan_.require_all; }

  /// Gives up those that haven't joined.
  void give_up(const std::string& reason);
  void cut();
  void kill();
  bool ended() const;

 private:
  void changed();

  RemotePlan plan_;
  Events events_;
  NodeBundle bundle_;
  std::vector<std::unique_ptr<RemoteNode>> nodes_;
  std::vector<bool> told_;  ///< its end was told
  std::size_t lost_ = 0;
};

}  // namespace muster::launcher
