#include "controller/network.hpp"

#include <fstream>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#include "controller/stranger_trial.hpp"
#include "protocol/message.hpp"
#include "protocol/socket.hpp"

namespace muster::controller {
namespace {

/// An address under which this process reaches what it has bound to `address`.
std::string own_address(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

std::string port_of(const std::string& endpoint) {
  return endpoint.substr(endpoint.rfind(':') + 1);
}

}  // namespace

Network::Network(zmq::context_t& context, NetworkConfig config)
    : context_(context), config_(std::move(config)), guard_(context, config_.keys) {
  check_that_unanswered_means_refused(own_address(config_.address), wire::let_in_by_key);
}

/// A port that nobody who connects is given. While a controller is away its peers look for it, and
/// one of its own host that is given the very port that it calls finds itself there, and keeps it.
std::string Network::bind_anywhere(wire::LoopSocket& socket) const {
  constexpr int attempts = 100;
  constexpr int ports = 10'000;
  int given_from = 32'768;  // the kernel's own default
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> given_from;
  std::random_device random;
  std::uniform_int_distribution<int> choose(given_from - ports, given_from - 1);
  // A host that gives nearly all ports away, or has given all of these, knows best.
  for (int i = 0; i < attempts && given_from > 2 * ports; ++i) {
    try {
      return socket.bind_tcp(config_.address, static_cast<std::uint16_t>(choose(random)));
    } catch (const zmq::error_t& error) {
      if (error.num() != EADDRINUSE) throw;
    }
  }
  return socket.bind_tcp(config_.address, 0);
}

std::string Network::bind_next(wire::LoopSocket& socket, std::size_t& next) const {
  if (config_.ports.empty()) return bind_anywhere(socket);
  const bool exact = config_.ports.size() == 3;
  while (next < config_.ports.size()) {
    const std::uint16_t port = config_.ports[next++];
    try {
      return socket.bind_tcp(config_.address, port);
    } catch (const zmq::error_t& error) {
      if (error.num() == EADDRINUSE && !exact) continue;
      throw std::runtime_error("cannot listen on port " + std::to_string(port) + " of " +
                               config_.address + ": " + error.what() +
                               "; choose others with --bind or --port-range");
    }
  }
  throw std::runtime_error("no three ports of " + config_.address + " are free from " +
                           std::to_string(config_.ports.front()) + " to " +
                           std::to_string(config_.ports.back()) +
                           "; choose others with --port-range");
}

void Network::open(std::array<wire::LoopSocket, 3>& sockets) {
  std::size_t next = 0;
  std::vector<std::string> bound;
  for (wire::LoopSocket& socket : sockets) {
    socket.let_in_by_key(config_.keys.server);
    bound.push_back(bind_next(socket, next));
  }
  endpoints_ = {bound[0], bound[1], bound[2]};
  std::vector<std::string> own;
  for (const std::string& endpoint : bound)
    own.push_back(wire::tcp_endpoint(own_address(config_.address),
                                     static_cast<std::uint16_t>(std::stoi(port_of(endpoint)))));
  check_that_strangers_stay_out(context_, own, config_.keys);
  refused_in_trial_ = guard_.refused();
}

Permit Network::permit_of(wire::Received& frame) {
  const std::optional<wire::Message> message = wire::read_message(wire::bytes_of(frame));
  if (!message || (message->link != 0 && message->sequence != 1)) return Permit::any();
  const std::optional<std::string_view> user = wire::user_of(frame);
  if (!user) return Permit::nothing();
  if (user->empty()) return Permit::any();
  const std::optional<wire::Role> role = wire::role_named(*user);
  return role ? Permit::only(*role) : Permit::nothing();
}

}  // namespace muster::controller
