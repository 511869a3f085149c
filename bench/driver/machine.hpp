#pragma once
// What a reader has to know of the machine on which something was measured.

#include <string>

namespace muster::bench {

struct Machine {
  std::string cpu{};
  int cores = 0;       ///< that this process may use
  double load = 0;     ///< of the last minute: what else ran when the run began
  std::string date{};  ///< UTC
};

Machine this_machine();

}  // namespace muster::bench
