#pragma once
// What a node tells an engine's process that it has just started: one packet on their socketpair.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/identity.hpp"
#include "protocol/key_pair.hpp"

namespace muster::engine {

struct StartRecord {
  wire::Uuid cluster;
  std::string task_endpoint;  ///< where to send and get tasks, e.g. ipc:///tmp/…/engine
  std::string control_endpoint;
  wire::PeerKeys keys;       ///< of the role engine, when the endpoints are on a network
  std::uint32_t engine = 0;  ///< the id of the slot this process fills
  std::uint32_t incarnation = 0;
  wire::Uuid process;  ///< the random name of this process
  wire::Digest image;  ///< what the node started; the process reports it in its HELLO
  std::string host;
  std::int64_t started_ns = 0;  ///< when it was started, by this host's monotonic clock
  std::vector<int> cpus{};      ///< that the process may use, and already does; empty: its node's
  int threads = 1;              ///< its share of the host's CPUs, for libraries that make threads
  std::uint64_t memory_limit = 0;  ///< of the process, in bytes; 0: none
};

detail::Buffer encode(const StartRecord& record);
/// Throws std::runtime_error when the bytes are no start record.
StartRecord decode_start_record(std::span<const std::byte> bytes);

}  // namespace muster::engine
