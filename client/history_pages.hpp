#pragma once
// A query about the history as questions, and the answers' pages as records: for programs, which
// ask as clients, and for commands, which ask as observers.

#include <functional>
#include <string>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/history.hpp>

namespace muster::client {

/// `ask` puts a question of wire::Topic::history and returns its answer, or throws. Throws
/// ClusterError when an answer makes no sense.
std::vector<TaskRecord> collect_history(
    const HistoryQuery& query, const std::function<std::string(const detail::Buffer&)>& ask);

}  // namespace muster::client
