#pragma once
// What an engine is doing, as its node sees it.

#include <memory>

#include <muster/detail/pending.hpp>

#include "protocol/process_stacks.hpp"

namespace muster::client {

/// Of an engine as Client's operator[] names it. Blocks until its node has looked, for 10 seconds
/// at most. Throws ClusterError when there is no such engine, when it has no process at the moment,
/// or when its node doesn't answer; ConnectionLost.
wire::EngineStacks engine_stacks(const std::shared_ptr<detail::Connection>& connection, int engine);

}  // namespace muster::client
