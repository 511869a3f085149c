#pragma once
// What `muster history` prints.

#include <string>
#include <vector>

#include <muster/history.hpp>

namespace muster::launcher {

/// A table for people, times in this host's time zone.
std::string history_text(const std::vector<TaskRecord>& tasks);
/// An array of objects, times in UTC.
std::string history_json(const std::vector<TaskRecord>& tasks);

}  // namespace muster::launcher
