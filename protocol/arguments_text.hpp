#pragma once
// A task's arguments for people: in insights, and in the error of a task that has thrown.

#include <string>

#include "protocol/record.hpp"

namespace muster::wire {

/// "(3, \"abc\", [1, 2])" of arguments as they travel, 120 characters at most; only the size of
/// what is large or isn't text.
std::string arguments_text(Bytes arguments);

}  // namespace muster::wire
