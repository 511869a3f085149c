#pragma once
// The controller's loop: its sockets and timers, around the pure core (controller/core.hpp).

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <asio/io_context.hpp>
#include <zmq.hpp>

#include "controller/commons.hpp"
#include "controller/history.hpp"
#include "controller/history_news.hpp"
#include "controller/network.hpp"
#include "controller/recovery.hpp"
#include "controller/scheduler.hpp"
#include "protocol/identity.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {

struct ServerConfig {
  wire::Uuid cluster;
  std::uint32_t epoch = 1;      ///< counts the starts of this cluster's controller, from 1
  std::string client_endpoint;  ///< ipc://… ; the server binds all three
  std::string engine_endpoint;
  std::string control_endpoint;
  /// For a client in the server's own process, inproc://…; both empty when there can be none.
  std::string inner_client_endpoint;
  std::string inner_control_endpoint;
  std::optional<NetworkConfig> network;  ///< none: no port is opened
  /// Of a cluster that had a controller before: what that one said last to its `remember`.
  std::optional<KnownFleet> known;
  /// Told each time that the fleet has changed, on the loop's thread; may be empty.
  std::function<void(const KnownFleet&)> remember;
  /// What has changed locks, counters and queues, on the loop's thread, before anybody hears of it:
  /// wire::CommonsEvents, and what gives the wire::CommonsState that stands for them and all
  /// before. May be empty.
  std::function<void(const std::vector<detail::Buffer>& events,
                     const std::function<detail::Buffer()>& state)>
      keep_commons;
  Commons commons;            ///< as a controller before has left them
  std::string commons_fault;  ///< why there can be none
  std::string host;
  Scheme scheme = Scheme::leastload;
  std::uint32_t hwm = 0;                      ///< tasks an engine may hold; 0: the default
  std::uint64_t memory = wire::outcomes_max;  ///< for results that clients haven't taken, in bytes
  std::size_t history = History::records_usually;  ///< tasks that have ended; 0: none are told of
  /// Where the history is kept besides, in a file; both may be empty. On the loop's thread, which
  /// they mustn't hold up; `done` is to be called there, too.
  std::function<void(HistoryNews&&)> keep_history;
  std::function<void(HistoryAsk&&, std::function<void(HistoryAnswer&&)> done)> ask_history;
  /// For programs of clients on other hosts; empty: they are kept in memory.
  std::filesystem::path image_cache = wire::ImageCache::usual_directory();
  std::uint64_t image_cache_bytes = wire::ImageCache::bytes_max_usually;
  std::function<void(std::string_view)> log;  ///< called on the loop's thread, one line at a time
  std::function<void(const std::string&)> on_news;  ///< the same, for the person who started it
  /// A client wishes that the cluster end (Client::shutdown). On the loop's thread.
  std::function<void()> on_end_wished;
  /// Until so many engines have been ready at once, `on_engines` hears of each change of the count,
  /// on the loop's thread.
  std::uint32_t engines_awaited = 0;
  std::function<void(std::uint32_t)> on_engines;
};

class Server {
 public:
  /// Binds and begins to serve when `io` runs. Throws zmq::error_t when an endpoint can't be bound,
  /// std::runtime_error when a network can't be opened, or not safely.
  Server(asio::io_context& io, zmq::context_t& context, ServerConfig config);
  ~Server();

  /// Where it listens for other hosts; empty without a network.
  wire::NetworkEndpoints network_endpoints() const;

  /// Says GOODBYE to every peer with this reason, then calls `done` on the loop's thread, after at
  /// most half a second. Call it on the loop's thread.
  void stop(std::string reason, std::function<void()> done);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::controller
