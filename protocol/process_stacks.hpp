#pragma once
// What an engine's process is doing, thread by thread: the controller asks its node, which looks.

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/fields.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

struct LookAtProcess {
  std::uint32_t engine = 0;
  std::string image{};
  std::uint32_t incarnation = 0;
  std::uint64_t number = 0;  ///< of the question, to be said with the answer
  MUSTER_FIELDS(engine, image, incarnation, number)
};

/// One thread, or several with the same stack.
struct ThreadStack {
  std::vector<std::int64_t> threads{};  ///< their ids
  std::string name{};                   ///< of the first
  std::string state{};                  ///< of the first, in words: "runs", "sleeps"
  std::vector<std::string> frames{};    ///< the innermost first
  std::string trouble{};                ///< why there are none
  MUSTER_FIELDS(threads, name, state, frames, trouble)
};

/// What fits into a record; `left_out` threads didn't.
struct ProcessStacks {
  std::uint64_t number = 0;
  std::string trouble{};  ///< why there is nothing
  std::vector<ThreadStack> stacks{};
  std::uint32_t left_out = 0;
  bool executing = false;  ///< the task that follows
  std::string session{};
  std::uint64_t counter = 0;
  std::int64_t ran_ns = 0;
  MUSTER_FIELDS(number, trouble, stacks, left_out, executing, session, counter, ran_ns)
};

/// What the asker gets.
struct EngineStacks {
  std::uint32_t engine = 0;
  std::string host{};
  std::int64_t pid = 0;
  std::string program{};
  std::uint32_t session = 0;  ///< its first 32 bits
  std::string function{};     ///< empty when it isn't known
  std::string label{};
  ProcessStacks process{};
  MUSTER_FIELDS(engine, host, pid, program, session, function, label, process)
};

}  // namespace muster::wire
