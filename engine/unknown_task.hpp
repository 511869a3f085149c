#pragma once
// What is said of a task that a process doesn't have.

#include <string>

#include <muster/detail/entry.hpp>

namespace muster::engine {

/// For UnknownTask. Of a function that is called by name: which ones there are that it may have
/// meant.
std::string describe_unknown_task(const std::string& name, const detail::TaskTable& tasks);

}  // namespace muster::engine
