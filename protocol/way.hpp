#pragma once
// How a peer gets to a controller: through the sockets of this host when they are there, else over
// the network (rule 32).

#include <string>

#include "protocol/connection_file.hpp"
#include "protocol/key_pair.hpp"

namespace muster::wire {

struct Way {
  bool local = true;  ///< the controller is a process of this host
  std::string client_endpoint;
  std::string engine_endpoint;
  std::string control_endpoint;
  PeerKeys keys;           ///< none when local
  PeerKeys engine_keys;    ///< for the engines of a node
  PeerKeys observer_keys;  ///< for looking at the cluster; not in a node's file
};

/// Tries whether the path of the control socket connects; the names of hosts don't matter. When it
/// doesn't, and the file knows no network, the way is local and leads to a controller that isn't
/// there (any more).
Way way_to(const ConnectionFile& cluster);

/// Somebody of this user listens at the path of the control socket, on this host.
bool is_here(const ConnectionFile& cluster);

}  // namespace muster::wire
