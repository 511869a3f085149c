#pragma once
// The line that a shell on another host is given, and how the two sides speak afterwards:
//
//   launcher                                         host
//   the line, as an argument                  ──►
//                                             ◄──    MARK shell SYSTEM MACHINE
//   (the build isn't in the host's cache)     ◄──    MARK need
//   BYTES, newline, the bundle as tar         ──►
//                                             ◄──    MARK setup
//   BYTES, newline, what the shell does first ──►
//                                             ◄──    MARK start
//   BYTES, newline, the connection file       ──►    (the line is now `muster node --held MARK`)
//                                             ◄──    MARK joined ENGINES
//   (nothing: stdin stays open)
//                                             ◄──    MARK failed REASON, instead of any of these
//
// The end of stdin ends the host's side, whatever it is doing. Keys go through stdin only: what
// stands in arguments or the environment, others can read. What a login shell prints by itself has
// no MARK in front and is no answer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::launcher {

struct NodeLine {
  std::string mark;    ///< random, of letters and digits
  std::string bundle;  ///< its key
  int engines = 0;     ///< 0: one for each CPU
  int image_cache_mib = 0;
  std::string log_level;     ///< empty: the usual one
  std::string resources{};   ///< of each engine, listed; has nothing that a shell minds
  int memory_limit_mib = 0;  ///< of each engine's process; 0: none

  /// For any shell that knows single quotes; has no such quote, backslash, newline or exclamation
  /// mark itself, which shells take in different ways.
  std::string text() const;
};

/// What stands behind MARK, when the line of stdout has it.
std::optional<std::string> answer_in(std::string_view line, const std::string& mark);

/// "BYTES\n" and the content.
std::string counted(std::string_view content);

/// Reads such a text from a descriptor; blocks. nullopt at an early end, or for more than this.
std::optional<std::string> read_counted(int descriptor, std::size_t bytes_max);

}  // namespace muster::launcher
