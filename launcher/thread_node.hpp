#pragma once
// The node of a cluster whose engines are threads of this program (ClusterOptions::engines_as): a
// loop around launcher/node_session.hpp, as launcher/node.hpp is, that starts threads instead of
// processes.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "launcher/image_file.hpp"
#include "protocol/identity.hpp"
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
};

/// All calls on the loop's thread.
class ThreadNode {
 public:
  /// Connects when `io` runs. Its engines run the functions of this program, whose file is
  /// `program`, and no other's. Throws zmq::error_t.
  ThreadNode(asio::io_context& io, zmq::context_t& context, ThreadNodeConfig config,
             const ImageFile& program);
  /// Asks all tasks to stop, and waits until they have returned.
  ~ThreadNode();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::launcher
