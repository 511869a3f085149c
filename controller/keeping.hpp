#pragma once
// What the controller has for sessions that it keeps.

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/core.hpp"
#include "controller/kept_outcomes.hpp"

namespace muster::controller {

struct Core::Keeping {
  explicit Keeping(std::size_t bytes_max) : outcomes(bytes_max) {}

  KeptOutcomes outcomes;

  /// A task of some session that gets the outcome of another one.
  struct StandIn {
    SessionRef session = none;
    std::uint64_t counter = 0;
  };
  /// By the original's session and counter.
  std::map<std::pair<SessionRef, std::uint64_t>, std::vector<StandIn>> stand_ins;
  /// And the other way round, for wishes to cancel.
  std::map<std::pair<SessionRef, std::uint64_t>, std::pair<SessionRef, std::uint64_t>> originals;
};

}  // namespace muster::controller
