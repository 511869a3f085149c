#pragma once
// All samples of a run, by the name of what was measured.

#include <map>
#include <string>
#include <vector>

namespace muster::bench {

/// The first sample of each is of the first round, the second of the second.
using Figures = std::map<std::string, std::vector<double>>;

/// Requires at least one sample.
double median(std::vector<double> samples);

}  // namespace muster::bench
