#pragma once
// Which engines a direct view means.

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <muster/detail/pending.hpp>

namespace muster::detail {

/// Fixed ids, or all that there are when one asks.
class EngineTargets {
 public:
  /// All.
  EngineTargets() = default;
  explicit EngineTargets(std::vector<int> ids) : all_(false), ids_(std::move(ids)) {}

  /// Their ids, in the order of the view. Throws ConnectionLost.
  std::vector<int> ids(const std::shared_ptr<Connection>& connection) const {
    return all_ ? engine_ids(connection) : ids_;
  }
  /// The same, but throws ClusterError when there is none.
  std::vector<int> some_ids(const std::shared_ptr<Connection>& connection) const;

 private:
  // Not an optional, of which g++ 12 believes with -O1 that its vector is read before it is made.
  bool all_ = true;
  std::vector<int> ids_;
};

/// The engine of this id; a negative number counts from the end of the ids. Throws ClusterError
/// when there is none.
int engine_named(const std::vector<int>& ids, int name);
std::vector<int> engines_named(const std::vector<int>& ids, const std::vector<int>& names);
/// The engines that tasks are restricted to: named as above, ascending, each once.
std::vector<int> targets_named(const std::shared_ptr<Connection>& connection,
                               const std::vector<int>& names);
/// The ids, once there are so many. Throws TimedOut after `patience`, ConnectionLost.
std::vector<int> wait_for_engines(const std::shared_ptr<Connection>& connection, std::size_t count,
                                  std::chrono::nanoseconds patience);
/// Those at the places begin, begin + step, ... before end, as Python slices a list. Throws
/// ClusterError for a step of 0.
std::vector<int> engines_in_slice(const std::vector<int>& ids, int begin, int end, int step);

/// Options that mean something for what is addressed to an engine. Throws ClusterError.
void refuse_for_engines(const ViewOptions& options);

}  // namespace muster::detail
