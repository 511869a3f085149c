#pragma once
// A node on another host, as its launcher sees it: one process of the launcher's command, a
// conversation with what it has started there (launcher/node_line.hpp), and its end.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <asio/io_context.hpp>

#include "launcher/host_command.hpp"
#include "launcher/host_list.hpp"
#include "launcher/node_bundle.hpp"
#include "protocol/connection_file.hpp"

namespace muster::launcher {

struct RemoteNodePlan {
  RemoteHost host;
  HostCommand command;
  std::string log;  ///< the file that takes what it writes to stderr
  int image_cache_mib = 0;
  std::string log_level;
  std::string resources{};   ///< of each engine, listed
  int memory_limit_mib = 0;  ///< of each engine's process; 0: none
  /// Where it finds the controller through its launcher; none: over the network.
  std::optional<wire::ConnectionFile::Network> tunnel{};
};

/// All calls and callbacks on the loop's thread. Its end kills the process of its launcher.
class RemoteNode {
 public:
  enum class State {
    coming,  ///< it is connected to, is sent what it lacks, or starts
    joined,  ///< the controller knows it
    ended,   ///< its process has ended; for a reason, if it didn't have to
  };

  /// `on_change` comes after each change of state. Sends `bundle`, which must outlive it, if its
  /// host doesn't have it. Throws std::system_error.
  RemoteNode(asio::io_context& io, RemoteNodePlan plan, NodeBundle& bundle,
             std::function<void()> on_change);
  ~RemoteNode();

  const RemoteHost& host() const;
  State state() const;
  /// How many it has, once it has joined.
  std::uint32_t engines() const;
  /// Why it has ended; empty when it did as it was told.
  const std::string& reason() const;

  /// What it connects with, once there is a controller.
  void deliver(wire::ConnectionFile file);
  /// The end of its stdin, which ends it.
  void cut();
  void kill();
  /// Ends it with this reason, unless it has joined.
  void give_up(const std::string& reason);

 private:
  struct Conversation;
  std::shared_ptr<Conversation> conversation_;
};

}  // namespace muster::launcher
