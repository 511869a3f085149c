#pragma once
// What the dynamic loader says when a program can't start, in words that tell what to do.

#include <string>

namespace muster::launcher {

/// `said` is what the process wrote before it ended. Empty when the loader said nothing known.
std::string explain_loader(const std::string& said);

}  // namespace muster::launcher
