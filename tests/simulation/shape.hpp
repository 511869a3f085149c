#pragma once
// What a simulated cluster looks like and what may go wrong in it. A shape is one entry here and
// one test case; when and where things go wrong is the seed's.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "controller/scheduler.hpp"

namespace muster::simulation {

/// How often each kind of fault is chosen, relative to the others; the table in faults.cpp carries
/// them out.
struct Mix {
  unsigned kill_engine = 0;
  unsigned cut_engine = 0;
  unsigned stop_engine = 0;
  unsigned disturb_engine = 0;  ///< delays, duplicates, reordering
  unsigned part_engine = 0;     ///< a partition
  unsigned lose_node = 0;       ///< its connection, and all its processes with it
  unsigned leave_node = 0;      ///< by Ctrl-C; later another joins
  unsigned drain_node = 0;      ///< by SIGUSR1; later another joins
  unsigned stop_node = 0;
  unsigned disturb_node = 0;
  unsigned part_node = 0;  ///< with all its engines: a host
  unsigned cut_client = 0;
  unsigned kill_client = 0;
  unsigned stop_client = 0;
  unsigned disturb_client = 0;
  unsigned part_client = 0;
  unsigned stop_controller = 0;
  unsigned suspend_all = 0;      ///< the one machine on which everything runs
  unsigned kill_controller = 0;  ///< it is started again, and has lost what it knew
};

inline constexpr Mix everything{.kill_engine = 8,
                                .cut_engine = 6,
                                .stop_engine = 2,
                                .disturb_engine = 4,
                                .part_engine = 2,
                                .lose_node = 1,
                                .stop_node = 1,
                                .disturb_node = 1,
                                .part_node = 1,
                                .cut_client = 5,
                                .kill_client = 1,
                                .stop_client = 2,
                                .disturb_client = 3,
                                .part_client = 2,
                                .stop_controller = 1,
                                .kill_controller = 1};

/// Nothing stays stopped, parted or disturbed for longer.
inline constexpr std::chrono::seconds longest_fault{25};

enum class Ending {
  settling,  ///< everything settles
  goodbye,   ///< the controller is stopped while tasks run, and says so
  silence,   ///< it is gone without a word
};

struct Shape {
  std::string name;
  std::size_t clients = 1;
  std::size_t images = 1;  ///< client k runs image k modulo this
  std::uint32_t nodes = 1;
  std::uint32_t engines = 3;  ///< of each node
  std::uint32_t credit = 4;
  controller::Scheme scheme = controller::Scheme::leastload;
  std::size_t tasks = 60;
  std::uint64_t faults = 16;  ///< fewer than this many
  Mix mix = everything;
  unsigned throwing = 25;     ///< percent of the tasks
  unsigned taking_long = 10;  ///< percent: up to two seconds
  unsigned addressed = 5;     ///< percent: to one engine (rule 17)
  unsigned restricted = 0;    ///< percent: to some engines; and many follow what they wait for
  unsigned needing = 0;       ///< percent: of these, what only some hosts have; none may be lost
  unsigned cancelling = 10;   ///< percent
  unsigned in_rows = 0;       ///< percent of the submissions that are rows of items
  unsigned large = 0;         ///< percent of the arguments, and of the values: they stream
  unsigned awaiting = 0;      ///< percent of the submissions that wait for earlier tasks
  unsigned naming = 0;        ///< percent of the submissions that name bound values (rule 25)
  unsigned sharing = 0;       ///< percent: single ones whose arguments travel as such a value
  unsigned wearing = 0;       ///< percent: their process is replaced when it has begun a few
  unsigned helping = 0;       ///< percent of the submissions whose client runs its own for a while
  unsigned limited = 0;       ///< percent: with time limits, of which a third would run far longer
  std::size_t untaken = 0;    ///< outcomes that a session may leave untaken (rule 23); 0: as usual
  unsigned far = 0;           ///< percent of the hosts that can't open a client's program
  unsigned damaged = 0;       ///< percent of a program's parts that are read wrong, up to two
  unsigned interrupted = 0;   ///< percent of the parts at which their client or node is cut off
  bool keeping = false;       ///< clients keep their sessions: somebody asks for dead ones' results
  bool at_once = false;       ///< all work comes at the start, instead of in bursts
  Ending ending = Ending::settling;
  std::chrono::milliseconds fair_within{};  ///< no waiting client lacks a start for longer; 0: free

  bool fault_free() const { return faults == 0; }
  /// Nothing befalls anybody else, so whoever serves goes on serving.
  bool loses_only_controllers() const {
    return mix.kill_controller > 0 && mix.kill_engine + mix.cut_engine + mix.stop_engine +
                                              mix.disturb_engine + mix.part_engine + mix.lose_node +
                                              mix.leave_node + mix.drain_node + mix.stop_node +
                                              mix.disturb_node + mix.part_node +
                                              mix.stop_controller + mix.suspend_all ==
                                          0;
  }
  /// Nothing befalls the engines, nor what tells the controller of them.
  bool engines_are_safe() const {
    return fault_free() || mix.kill_engine + mix.cut_engine + mix.stop_engine + mix.disturb_engine +
                                   mix.part_engine + mix.lose_node + mix.leave_node +
                                   mix.drain_node + mix.stop_node + mix.disturb_node +
                                   mix.part_node + mix.stop_controller + mix.kill_controller ==
                               0;
  }
};

}  // namespace muster::simulation
