#pragma once
// A pipe between two processes.

#include "protocol/descriptor.hpp"

namespace muster::launcher {

struct Pipe {
  wire::Descriptor read;
  wire::Descriptor write;
};

/// Neither end is inherited by what is started. Throws std::system_error.
Pipe make_pipe();

}  // namespace muster::launcher
