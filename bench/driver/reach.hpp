#pragma once
// How fast Muster is meant to be: ratios within one run, which hold on any machine.

#include <string>
#include <vector>

#include "bench/driver/figures.hpp"

namespace muster::bench {

struct Reach {
  const char* what;
  const char* ours;
  const char* floor;  ///< what it is divided by; empty: nothing
  bool at_most;       ///< else at least
  double limit;
  const char* unit = "x";
};

/// One goal and how the run has met it.
struct Outcome {
  Reach reach;
  double value = 0;  ///< the median of the ratios of each round that has both
  bool met = false;
};

/// Only goals whose figures are there.
std::vector<Outcome> compare(const Figures& figures);

/// Packing pays, if that was measured. Without it the comparison with ours means nothing.
bool floors_are_sane(const Figures& figures);

/// "at most 1.35x: 1.72x, not met", in columns.
std::string table(const std::vector<Outcome>& outcomes);

std::string text(const Reach& reach);            ///< "at most 1.35x"
std::string value_text(const Outcome& outcome);  ///< "1.72x"

}  // namespace muster::bench
