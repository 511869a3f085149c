#pragma once
// What numbers a person may give.

namespace muster::launcher {

/// Of a host, or of a cluster on one.
inline constexpr int engines_max = 4096;
inline constexpr int port_max = 65'535;

}  // namespace muster::launcher
