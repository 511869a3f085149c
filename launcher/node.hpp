#pragma once
// The node: one supervisor per host. A loop around launcher/node_session.hpp that opens images,
// starts engine processes, and tells the controller how they ended. It decides nothing itself.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include "launcher/image_file.hpp"
#include "protocol/identity.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/key_pair.hpp"
#include "protocol/resources.hpp"

namespace zmq {
class context_t;
}

namespace muster::launcher {

struct NodeConfig {
  wire::Uuid cluster;
  std::string host;
  std::uint32_t slots = 0;
  wire::Resources resources;           ///< of each engine
  std::uint64_t memory_limit = 0;      ///< of each engine's process, in bytes; 0: none
  std::vector<std::vector<int>> cpus;  ///< of each engine's processes, counted round; empty: ours
  std::string engine_endpoint;         ///< for the engines' tasks
  std::string control_endpoint;        ///< for this node and for its engines
  wire::PeerKeys keys;                 ///< of the role node, when these are on a network
  wire::PeerKeys engine_keys;          ///< what the engines get
  /// For programs that come from other hosts; empty: they are kept in memory.
  std::filesystem::path image_cache = wire::ImageCache::usual_directory();
  std::uint64_t image_cache_bytes = wire::ImageCache::bytes_max_usually;
  std::filesystem::path logs;  ///< gets engine-K.log; empty: engines write where we write
  /// Whoever signals this process, as a batch system does with a job, signals the engines as well:
  /// SIGUSR1 and SIGUSR2, by which it announces the job's end, they ignore, and a SIGTERM charges
  /// no task.
  bool in_job = false;
  /// It is there for its engines only: it leaves by itself when all were shut down.
  bool leaves_when_emptied = false;
  /// True in a process of the node's own: then all orphans below it are its to collect.
  bool owns_process = false;
  std::function<void(std::string_view)> log;         ///< one line at a time
  std::function<void()> on_welcome;                  ///< the controller has answered, once
  std::function<void(const std::string&)> on_leave;  ///< the controller ended it; engines are gone.
                                                     ///< Must not destroy the node
};

/// All calls and callbacks on the loop's thread, which must be the thread that lives longest: the
/// kernel ends the engines when it ends. Its death ends all engines at once.
class Node {
 public:
  /// Connects when `io` runs. Engines are filled with `stock` until a client's program is offered.
  /// Throws zmq::error_t.
  Node(asio::io_context& io, zmq::context_t& context, NodeConfig config, ImageFile stock);
  Node(Node&&) noexcept;
  ~Node();

  /// Whether the controller has answered, and was heard of lately.
  bool connected() const;
  /// Ends all engines, tells the controller, so that their tasks move at once, and calls on_leave
  /// with an empty reason.
  void leave();
  /// The same, once the engines' tasks have ended, or after so long. They get no new ones. The
  /// reason is for people.
  void drain(const std::string& reason, std::chrono::seconds longest);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::launcher
