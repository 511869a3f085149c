#pragma once
// A further node of a running cluster on its host: engines that come later and may go earlier.

#include <chrono>
#include <cstdint>
#include <functional>

#include "launcher/process_log.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/resources.hpp"

namespace muster::launcher {

struct GuestConfig {
  wire::ConnectionFile cluster;
  std::uint32_t engines = 0;
  wire::Resources resources;       ///< of each engine
  std::uint64_t memory_limit = 0;  ///< of each engine's process, in bytes; 0: none
  std::uint64_t image_cache = wire::ImageCache::bytes_max_usually;  ///< in bytes
  std::chrono::seconds ready_bound{60};
  std::function<void()> on_ready;  ///< all engines are; on the thread of run_guest
};

struct GuestEnd {
  int exit_code = 0;
  std::string reason;  ///< empty when it was asked to leave, or the cluster was stopped
};

/// Adds a node to the cluster and serves until SIGINT, SIGTERM or SIGHUP, or until the cluster
/// ends. When it returns all of the node's processes have ended; tasks that they held move. Throws
/// std::exception when it can't begin.
GuestEnd run_guest(const GuestConfig& config);

}  // namespace muster::launcher
