#pragma once
// How a process knows that it was started as an engine: its node puts
// MUSTER_ENGINE="SOCKET:PAGE:OUT:ERR:OUT_LOG:ERR_LOG", descriptors, into its environment.
// Lives here, below the client and the launcher, because both must know it: the launcher serves
// instead of calling main, the client's constructors do nothing until it does.

#include <optional>

namespace muster::detail {

/// The name of the variable, for the node that sets it.
inline constexpr const char* engine_mark_variable = "MUSTER_ENGINE";
/// Beside it, of a process that is to serve a task module's functions: "DESCRIPTOR:PATH".
inline constexpr const char* module_mark_variable = "MUSTER_MODULE";

struct EngineMark {
  int node = -1;  ///< the socketpair to the node
  int page = -1;  ///< the page shared with it
  /// The files that take stdout and stderr, whatever user code makes of its descriptors 1 and 2.
  int out = -1;
  int err = -1;
  /// And where that is to be passed on to, for people.
  int out_log = -1;
  int err_log = -1;
  /// A task module whose functions it serves instead of its program's; -1: none.
  int module = -1;
  const char* module_path = "";  ///< where that is on its client's host; lives as long as we do
};

/// MUSTER_REPLAY="TASK:RESULT", descriptors of files: this process is there to do one task that was
/// recorded (muster debug).
inline constexpr const char* replay_mark_variable = "MUSTER_REPLAY";

struct ReplayMark {
  int task = -1;    ///< a length of 8 bytes, a wire::RecordedTask of that, and the arguments
  int result = -1;  ///< what engine/replay.hpp writes
  int module = -1;  ///< as of an engine
  const char* module_path = "";
};

/// As engine_mark(). A process has one of the two at most.
const std::optional<ReplayMark>& replay_mark() noexcept;

/// The mark that this process was started with. It is read before any static initialiser of the
/// user's runs, and removed from the environment, so that no child inherits it; the descriptors
/// close on exec. A mark that can't be read ends the process there: it must not go on to be a
/// second copy of the user's program.
const std::optional<EngineMark>& engine_mark() noexcept;

/// This process runs tasks, or will when main would begin: as an engine, or one that was recorded.
bool marked_as_engine() noexcept;

/// The program carries the link options that let the library stand before its main
/// (launcher/wrap_main.cpp). Known from before the first static initialiser of the user's.
bool main_was_wrapped() noexcept;
void note_wrapped_main() noexcept;

}  // namespace muster::detail
