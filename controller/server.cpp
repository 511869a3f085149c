#include "controller/server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

#include <asio/steady_timer.hpp>
#include <unistd.h>
#include <zmq.hpp>

#include "controller/core.hpp"
#include "controller/core_commons.hpp"
#include "controller/image_files.hpp"
#include "protocol/loop_socket.hpp"

namespace muster::controller {
namespace {

/// A peer whose connection is full is tried again after this.
constexpr std::chrono::milliseconds retry_interval{5};
/// How long a GOODBYE may take to leave the process.
constexpr std::chrono::milliseconds goodbye_time{100};
/// Frames that are taken before timers and files get their turn.
constexpr int frames_between_turns = 256;

Core::Config core_config(const ServerConfig& config) {
  Core::Config core;
  core.cluster = config.cluster;
  core.epoch = config.epoch;
  core.known = config.known;
  core.commons = config.commons;
  core.commons_fault = config.commons_fault;
  core.pid = ::getpid();
  core.host = config.host;
  core.scheme = config.scheme;
  core.credit = config.hwm;
  core.outcomes.all = config.memory;
  core.history = config.history;
  core.history_file = static_cast<bool>(config.keep_history);
  // What goes into the file lies there for a pass.
  if (core.history_file) core.history = std::max(core.history, History::records_usually);
  return core;
}

Instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

class Server::State {
 public:
  State(asio::io_context& io, zmq::context_t& context, ServerConfig config)
      : config_(std::move(config)),
        core_(core_config(config_), now()),
        network_(open_guard(context, config_)),
        sockets_{wire::LoopSocket::router(io, context, config_.client_endpoint),
                 wire::LoopSocket::router(io, context, config_.engine_endpoint),
                 wire::LoopSocket::router(io, context, config_.control_endpoint)},
        timer_(io),
        retry_(io),
        images_(io, core_, wire::ImageCache(config_.image_cache, config_.image_cache_bytes),
                [this] { end_pass(); }) {
    if (!config_.inner_control_endpoint.empty()) {
      socket(Port::client).bind(config_.inner_client_endpoint);
      socket(Port::control).bind(config_.inner_control_endpoint);
    }
    if (network_) {
      network_->open(sockets_);
      core_.set_network(network_->endpoints().control);
    }
    for (const Port port : {Port::client, Port::engine, Port::control}) {
      socket(port).on_routed_frame([this, port](RouteId route, wire::Received& frame) {
        const Permit permit = network_ ? Network::permit_of(frame) : Permit::any();
        core_.receive(port, route, wire::bytes_of(frame), now(), wire::take_chunk(frame), permit);
      });
      socket(port).on_pass_end([this] {
        // One decision over what all three have brought: submissions and outcomes of the same wake
        // leave in the same messages.
        wire::LoopSocket::stir({&sockets_[0], &sockets_[1], &sockets_[2]});
        take_what_came();
        end_pass();
      });
    }
    arm();
  }

  wire::NetworkEndpoints network_endpoints() const {
    return network_ ? network_->endpoints() : wire::NetworkEndpoints{};
  }

  void stop(std::string reason, std::function<void()> done) {
    const bool to_others = core_.say_goodbye(reason, ::getpid());
    end_pass();
    timer_.expires_after(to_others ? goodbye_time : std::chrono::milliseconds(0));
    timer_.async_wait([done = std::move(done)](const asio::error_code&) { done(); });
    stopping_ = true;
  }

 private:
  static std::unique_ptr<Network> open_guard(zmq::context_t& context, const ServerConfig& config) {
    return config.network ? std::make_unique<Network>(context, *config.network) : nullptr;
  }

  wire::LoopSocket& socket(Port port) { return sockets_[static_cast<std::size_t>(port)]; }

  /// Decides and sends, until sending brings nothing new to light. It ends early when others have
  /// to get their turn.
  void end_pass() {
    decide_and_send();
    for (int frames = 0; frames < frames_between_turns;) {
      const int taken = take_what_came();
      if (taken == 0) break;
      frames += taken;
      decide_and_send();
    }
    for (wire::LoopSocket& each : sockets_)
      each.look_soon();
    if (core_.deadline() < armed_for_) arm();
  }

  void decide_and_send() {
    images_.carry_out_orders();
    core_.finish_pass(now());
    if (!core_.sharing().events.empty()) keep_commons();
    for (OutFrame& out : core_.take_output())
      send(std::move(out));
    if (const auto known = core_.take_known_fleet(); known && config_.remember)
      config_.remember(*known);
    for (const std::string& line : core_.take_log())
      config_.log(line);
    for (const std::string& line : core_.take_news()) {
      if (config_.on_news) config_.on_news(line);
    }
    if (config_.keep_history) keep_history();
    if (engines_counted_ < config_.engines_awaited) count_engines();
    if (core_.take_end_wish() && config_.on_end_wished) config_.on_end_wished();
  }

  void keep_commons() {
    const std::vector<detail::Buffer> events = std::exchange(core_.sharing().events, {});
    if (!config_.keep_commons) return;
    config_.keep_commons(events, [this] { return wire::pack(core_.sharing().commons.state()); });
  }

  void keep_history() {
    if (core_.has_history_news()) config_.keep_history(core_.take_history_news());
    for (HistoryAsk& ask : core_.take_history_asks()) {
      config_.ask_history(std::move(ask), [this](HistoryAnswer&& answer) {
        core_.history_told(std::move(answer));
        end_pass();
      });
    }
  }

  /// From sockets that aren't known to be dry. Control first, then outcomes.
  int take_what_came() {
    int taken = 0;
    for (const Port port : {Port::control, Port::engine, Port::client}) {
      if (!socket(port).dry()) taken += socket(port).take_pass();
    }
    return taken;
  }

  /// Once all have been there nobody waits any more, and no pass pays for the count.
  void count_engines() {
    const std::uint32_t ready = core_.engines_ready();
    if (ready == engines_counted_) return;
    engines_counted_ = ready;
    config_.on_engines(ready);
  }

  void send(OutFrame out) {
    auto& waiting = waiting_[static_cast<std::size_t>(out.port)];
    if (const auto found = waiting.find(out.route); found != waiting.end()) {
      found->second.push_back(std::move(out.frame));
      return;
    }
    const wire::Sent sent = socket(out.port).send_to(out.route, out.frame);
    if (sent == wire::Sent::full) {
      waiting[out.route].push_back(std::move(out.frame));
      arm_retry();
    } else if (sent == wire::Sent::gone) {
      peer_gone(out.port, out.route);
    }
  }

  /// Rule 12: what it had sent before comes first.
  void peer_gone(Port port, RouteId route) {
    socket(port).drain();
    core_.unreachable(port, route, now());
  }

  void arm() {
    if (stopping_) return;
    armed_for_ = core_.deadline();
    timer_.expires_at(armed_for_);
    timer_.async_wait([this](const asio::error_code& error) {
      if (error || stopping_) return;
      if (network_) core_.note_refused_keys(network_->refused(), now());
      core_.tick(now());
      armed_for_ = Instant::max();
      end_pass();
      arm();
    });
  }

  void arm_retry() {
    if (retrying_) return;
    retrying_ = true;
    retry_.expires_after(retry_interval);
    retry_.async_wait([this](const asio::error_code& error) {
      retrying_ = false;
      if (!error) send_waiting();
    });
  }

  void send_waiting() {
    for (const Port port : {Port::client, Port::engine, Port::control}) {
      auto& waiting = waiting_[static_cast<std::size_t>(port)];
      for (auto peer = waiting.begin(); peer != waiting.end();) {
        wire::Sent sent = wire::Sent::yes;
        while (!peer->second.empty() && sent == wire::Sent::yes) {
          sent = socket(port).send_to(peer->first, peer->second.front());
          if (sent == wire::Sent::yes) peer->second.pop_front();
        }
        if (sent == wire::Sent::gone) peer_gone(port, peer->first);
        peer = sent == wire::Sent::full ? std::next(peer) : waiting.erase(peer);
      }
      if (!waiting.empty()) arm_retry();
      socket(port).look_soon();
    }
  }

  ServerConfig config_;
  Core core_;
  std::unique_ptr<Network> network_;  // before the sockets, which ask it, and after them
  std::array<wire::LoopSocket, 3> sockets_;
  asio::steady_timer timer_;
  asio::steady_timer retry_;
  ImageFiles images_;
  Instant armed_for_ = Instant::max();
  std::uint32_t engines_counted_ = 0;
  bool retrying_ = false;
  bool stopping_ = false;
  /// Frames for peers whose connections are full, by port.
  std::array<std::unordered_map<RouteId, std::deque<wire::Frame>>, 3> waiting_;
};

Server::Server(asio::io_context& io, zmq::context_t& context, ServerConfig config)
    : state_(std::make_unique<State>(io, context, std::move(config))) {}

Server::~Server() = default;

wire::NetworkEndpoints Server::network_endpoints() const {
  return state_->network_endpoints();
}

void Server::stop(std::string reason, std::function<void()> done) {
  state_->stop(std::move(reason), std::move(done));
}

}  // namespace muster::controller
