#pragma once
// What `muster doctor` looks at on another host: a line for a shell there, and what is made of its
// answers. Words and texts only; launcher/far_hosts.hpp runs it.

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/finding.hpp"

namespace muster::launcher {

struct HostProbe {
  std::string mark;    ///< in front of each answer: what a login prints is none
  std::string shared;  ///< a file that is there if that host sees the same directory; may be empty
  std::vector<std::string> addresses;  ///< of this host
  std::uint16_t port = 0;              ///< where it listens meanwhile, and says `mark`; 0: nowhere

  /// For a shell there, which may be any.
  std::string line() const;
};

/// How it went, seen from here.
struct ProbeEnd {
  bool ok = false;   ///< the line has ended with 0
  std::string why;   ///< if it hasn't: the launcher's last words, or how it ended
  std::string said;  ///< all of its stdout
  // By this host's clock, in nanoseconds since 1970.
  std::int64_t began = 0;
  std::int64_t ended = 0;
};

/// This host, for what has to be alike.
struct ThisMachine {
  std::string system;  ///< "Linux x86_64"
  std::string libc;    ///< "glibc 2.36"
};
ThisMachine this_machine();

/// What that says of the host. Never empty.
std::vector<Finding> findings_of(const HostProbe& probe, const ProbeEnd& end,
                                 const ThisMachine& here);

}  // namespace muster::launcher
