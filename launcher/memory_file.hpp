#pragma once
// A file that is only in memory: for what a command writes, or reads.

#include <string_view>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// With this content, to be read from its beginning. Throws std::system_error.
wire::Descriptor memory_file(std::string_view content);

}  // namespace muster::launcher
