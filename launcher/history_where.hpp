#pragma once
// The conditions of `muster history --where`.

#include <string>

#include <muster/history.hpp>

namespace muster::launcher {

/// "status=failed,cancelled", "label=anneal*", "run>1.5", "completed>=-10min": tasks have to meet
/// this, too. Throws std::invalid_argument, which says what can be written.
void add_condition(HistoryQuery& query, const std::string& text);

}  // namespace muster::launcher
