#pragma once
// The controller's side of one link.

#include <cstdint>
#include <vector>

#include "controller/address.hpp"
#include "controller/task.hpp"
#include "protocol/body.hpp"
#include "protocol/identity.hpp"
#include "protocol/incoming_streams.hpp"
#include "protocol/lane.hpp"
#include "protocol/large_body.hpp"

namespace muster::controller {

using ProcessRef = std::uint32_t;  ///< one process of an engine; never reused
using NodeRef = std::uint32_t;

struct Peer {
  wire::Role role = wire::Role::observer;
  wire::Hello hello;
  std::uint64_t link = 0;
  RouteId control_route = 0;
  RouteId task_route = 0;  ///< 0 until the peer attached its task socket
  wire::Lane control;
  wire::Lane own_task;         ///< of engines; a client's lane belongs to its session
  wire::Lane* task = nullptr;  ///< null for nodes and observers
  wire::Instant heard{};
  wire::Instant task_silence_since{};  ///< since then something is out that wasn't acknowledged
  bool acknowledge = false;            ///< with the next output: a heartbeat is due
  bool touched = false;                ///< it is among those that may have output
  bool wants_roster = false;           ///< a client: it is told which engines there are
  std::uint32_t index = none;          ///< SessionRef, ProcessRef or NodeRef, by role

  // Indices of this link. Ours are the controller's own numbers; we only keep which were declared.
  std::vector<bool> sessions_declared;
  std::vector<bool> codes_declared;
  std::vector<std::uint32_t> codes;  ///< a client's code index -> CodeRef
  struct NamedSession {
    wire::Uuid id;
    SessionRef session = none;
  };
  std::vector<NamedSession> sessions;  ///< by an engine's session index

  wire::IncomingStreams<wire::LargeBody> arriving;  ///< on the task socket

  // What the next submission of a client waits for, while that is being said.
  std::uint64_t awaits_counter = 0;
  std::vector<wire::Awaited> awaits;
  std::size_t awaited_tasks = 0;

  // An engine's inventory while it is arriving.
  bool inventory_whole = false;
  struct Holding {
    std::uint32_t session;  ///< the engine's index
    std::uint64_t counter;
    std::uint32_t count;
    std::uint64_t attempt;
    std::uint8_t starts;
    bool executing;
  };
  std::vector<Holding> holdings;
};

/// An engine that came before its node.
struct EarlyEngine {
  RouteId route;
  wire::Hello hello;
};

}  // namespace muster::controller
