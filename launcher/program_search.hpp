#pragma once
// The file that a program's name means, as for a shell.

#include <string>

namespace muster::launcher {

/// The name itself when it has a slash, else the first of PATH that is there; when there is none,
/// the name.
std::string find_program(const std::string& name);
/// With this PATH.
std::string find_program(const std::string& name, const std::string& path);

}  // namespace muster::launcher
