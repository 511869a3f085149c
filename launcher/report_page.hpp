#pragma once
// A run as a page that stands alone: the chart to zoom into, its functions and processes as tables.

#include <string>

#include "launcher/run_chart.hpp"

namespace muster::launcher {

/// A whole HTML document that loads nothing from anywhere.
std::string report_page(const RunChart& chart);

}  // namespace muster::launcher
