#pragma once
// The name of a task's function, for people.

#include <string>

namespace muster::wire {

/// "simulate(double)" for the mangled name under which a program's table knows it; what can't be
/// read stays as it is. Long parts of the standard library have their usual short names.
std::string function_name(const std::string& entry);

}  // namespace muster::wire
