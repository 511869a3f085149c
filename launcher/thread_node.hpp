#pragma once
// The node of engines that are threads of this program (ClusterOptions::engines_as, or a rank of an
// MPI job): a loop around launcher/node_session.hpp, as launcher/node.hpp is, that starts threads
// instead of processes.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "launcher/image_file.hpp"
#include "launcher/node_session.hpp"
#include "protocol/identity.hpp"
#include "protocol/key_pair.hpp"
#include "protocol/resources.hpp"

namespace zmq {
class context_t;
}

namespace muster::launcher {

struct ThreadNodeConfig {
  wire::Uuid cluster;
  std::string host;
  std::uint32_t slots = 0;
  wire::Resources resources;  ///< of each engine
  std::string engine_endpoint;
  std::string control_endpoint;

  /// The rest is for a node that joins a cluster which isn't this program's.
  struct Guest {
    JobRank rank{};
    wire::PeerKeys keys;         ///< the node's, when the endpoints are on a network
    wire::PeerKeys engine_keys;  ///< what the engines get
    std::function<void(const std::vector<std::uint32_t>&)> on_welcome;  ///< the engines' ids, once
    /// No task of its engines runs any more. The reason is empty when it was asked to leave, or
    /// nothing is left for it to do. Must not destroy the node.
    std::function<void(const std::string&)> on_leave;
    /// It is about to: as soon as the tasks that run have returned.
    std::function<void()> on_leaving;
  };
  std::optional<Guest> guest;  ///< it also runs the functions of task modules, then
};

/// All calls on the loop's thread.
class ThreadNode {
 public:
  /// Connects when `io` runs. Its engines run the functions of this program, whose file is
  /// `program`, and no other's. Throws zmq::error_t.
  ThreadNode(asio::io_context& io, zmq::context_t& context, ThreadNodeConfig config,
             ImageFile program);
  /// Asks all tasks to stop, and waits until they have returned.
  ~ThreadNode();

  /// Of a guest. Asks all tasks to stop; when they have returned it tells the controller, so that
  /// the rest moves at once, and calls on_leave.
  void leave();
  /// The same, once its engines' tasks have ended, or after so long. They get no new ones. The
  /// reason is for people.
  void drain(const std::string& reason, std::chrono::seconds longest);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::launcher
