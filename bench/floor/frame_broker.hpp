#pragma once
// A bare broker of tasks that are one message of several frames each, and its workers. It does no
// cluster work: it moves the frames of one client's tasks to workers that have room, and back.

#include <cstddef>

#include "bench/floor/rendezvous.hpp"

namespace muster::bench {

struct FrameLayout {
  int frames = 1;          ///< of a task, without addresses
  bool addressed = false;  ///< the client's address travels to the worker and back, as a frame
};

/// Serve until they are killed.
[[noreturn]] void run_frame_broker(const Rendezvous& place, FrameLayout layout, std::size_t workers,
                                   std::size_t credit);
[[noreturn]] void run_frame_worker(const Rendezvous& place);

}  // namespace muster::bench
