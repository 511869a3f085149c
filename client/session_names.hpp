#pragma once
// What the handle of a session says.

#include <string_view>

#include "protocol/identity.hpp"

namespace muster::client {

struct SessionNames {
  wire::Uuid cluster;
  wire::Uuid session;
};

/// Throws ClusterError when this is no handle's text.
SessionNames names_in(std::string_view text);

}  // namespace muster::client
