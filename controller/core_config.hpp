#pragma once
// What a controller is told when it begins.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "controller/commons.hpp"
#include "controller/history.hpp"
#include "controller/outcome_account.hpp"
#include "controller/recovery.hpp"
#include "controller/scheduler.hpp"
#include "protocol/identity.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {

struct CoreConfig {
  wire::Uuid cluster;
  std::uint32_t epoch = 1;          ///< above 1: there were controllers of this cluster before
  std::optional<KnownFleet> known;  ///< what the last of them had known
  std::int64_t pid = 0;
  std::string host;
  Scheme scheme = Scheme::leastload;
  std::uint32_t credit = 0;  ///< 0: adaptive
  OutcomeAccount::Limits outcomes;
  std::size_t bound_values_max = wire::bound_values_max;  ///< bytes, in each engine's process
  /// From this size on they go by way of the nodes.
  std::size_t host_value_min = wire::host_value_min;
  std::size_t history = History::records_usually;  ///< tasks that have ended; 0: none
  bool history_file = false;                       ///< it is kept in a file, too
  Commons commons;                                 ///< as the last controller has left them
  std::string commons_fault;                       ///< why there can be none
  std::function<std::uint64_t()> random = wire::random_nonzero64;  ///< for the names of links
};

}  // namespace muster::controller
