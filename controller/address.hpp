#pragma once
// Where a frame came from and where one goes: the controller's three sockets and their peers.

#include <cstdint>

#include <muster/detail/buffer.hpp>

namespace muster::controller {

/// The sockets. Separate, so that control never waits behind tasks, and so that reading clients can
/// pause while engines are drained.
enum class Port : std::uint8_t { client, engine, control };

/// A peer of one socket, as ZeroMQ names it: up to seven bytes and their number, in one word.
/// 0 is nobody.
using RouteId = std::uint64_t;

struct OutFrame {
  Port port;
  RouteId route;
  detail::Buffer frame;
};

}  // namespace muster::controller
