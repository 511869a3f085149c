#pragma once
// A run as a picture: a row for each process, time from left to right.

#include <string>

#include "launcher/run_chart.hpp"

namespace muster::launcher {

/// A whole SVG document. Its size depends on the number of processes and on its width in pixels,
/// not on how many tasks there were.
std::string chart_svg(const RunChart& chart);

}  // namespace muster::launcher
