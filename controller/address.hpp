#pragma once
// Where a frame came from and where one goes: the controller's three sockets and their peers.

#include <cstdint>

#include "protocol/frame.hpp"

namespace muster::controller {

/// The sockets. Separate, so that control never waits behind tasks, and so that reading clients can
/// pause while engines are drained.
enum class Port : std::uint8_t { client, engine, control };

/// A peer of one socket: an opaque word that the loop gives and takes. 0 is nobody.
using RouteId = std::uint64_t;

struct OutFrame {
  Port port;
  RouteId route;
  wire::Frame frame;
};

}  // namespace muster::controller
