#pragma once
// The controller's sockets opened to other hosts: beside the endpoints of their own host, which ask
// for no key, they listen on TCP, where everybody has to show one of the cluster's.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "controller/key_guard.hpp"
#include "controller/permit.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/key_ring.hpp"
#include "protocol/loop_socket.hpp"

namespace muster::controller {

struct NetworkConfig {
  std::string address;  ///< numeric; of one interface, or of all of them
  /// For client, engine and control: none is any three, three are those, of more the first three
  /// that are free.
  std::vector<std::uint16_t> ports;
  wire::KeyRing keys;
};

class Network {
 public:
  /// Has to be there before the sockets are and to outlive them: it answers for keys.
  Network(zmq::context_t& context, NetworkConfig config);

  /// Binds the sockets, in the order of `Port`, and tries a stranger's key at each. Throws
  /// std::runtime_error: a port that is taken, a stranger that got in. Nothing may be trusted then.
  void open(std::array<wire::LoopSocket, 3>& sockets);

  const wire::NetworkEndpoints& endpoints() const { return endpoints_; }
  /// Who sent this. Only messages that may begin a conversation are looked at: the core holds every
  /// later one against the connection that began it.
  static Permit permit_of(wire::Received& frame);
  /// Connections whose key was unknown, so far, without those of its own trial.
  std::uint64_t refused() const { return guard_.refused() - refused_in_trial_; }

 private:
  std::string bind_anywhere(wire::LoopSocket& socket) const;
  std::string bind_next(wire::LoopSocket& socket, std::size_t& next) const;

  zmq::context_t& context_;
  NetworkConfig config_;
  KeyGuard guard_;
  wire::NetworkEndpoints endpoints_;
  std::uint64_t refused_in_trial_ = 0;
};

}  // namespace muster::controller
