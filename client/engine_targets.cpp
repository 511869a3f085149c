#include <algorithm>
#include <cstdint>
#include <string>

#include <muster/detail/engine_targets.hpp>
#include <muster/error.hpp>

namespace muster::detail {
namespace {

/// "0, 1, 2" or, of many, "0, 1, 2, ..., 4095".
std::string listed(const std::vector<int>& ids) {
  constexpr std::size_t shown_max = 8;
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) text += ", ";
    if (ids.size() > shown_max && i == shown_max - 1) {
      text += "..., ";
      i = ids.size() - 1;
    }
    text += std::to_string(ids[i]);
  }
  return text;
}

[[noreturn]] void throw_no_engines() {
  throw ClusterError("the cluster has no engines: add some with: muster engines");
}

}  // namespace

std::vector<int> EngineTargets::some_ids(const std::shared_ptr<Connection>& connection) const {
  std::vector<int> found = ids(connection);
  if (found.empty() && all_) throw_no_engines();
  if (found.empty()) throw ClusterError("this view has no engines: name some, or use all()");
  return found;
}

int engine_named(const std::vector<int>& ids, int name) {
  if (ids.empty()) throw_no_engines();
  const auto count = static_cast<std::int64_t>(ids.size());
  if (name < 0 && name + count >= 0) return ids[static_cast<std::size_t>(name + count)];
  if (std::binary_search(ids.begin(), ids.end(), name)) return name;
  throw ClusterError("there is no engine " + std::to_string(name) + ": the cluster has " +
                     listed(ids));
}

std::vector<int> engines_named(const std::vector<int>& ids, const std::vector<int>& names) {
  std::vector<int> engines;
  for (const int name : names)
    engines.push_back(engine_named(ids, name));
  return engines;
}

std::vector<int> targets_named(const std::shared_ptr<Connection>& connection,
                               const std::vector<int>& names) {
  std::vector<int> engines = engines_named(engine_ids(connection), names);
  std::sort(engines.begin(), engines.end());
  engines.erase(std::unique(engines.begin(), engines.end()), engines.end());
  return engines;
}

std::vector<int> engines_in_slice(const std::vector<int>& ids, int begin, int end, int step) {
  if (step == 0) throw ClusterError("a slice can't have a step of 0; 1 takes every engine");
  const auto count = static_cast<std::int64_t>(ids.size());
  // Places are clamped to one before the first and one behind the last, whichever is walked to.
  const auto place = [&](std::int64_t at) {
    if (at < 0) at += count;
    return std::clamp<std::int64_t>(at, step > 0 ? 0 : -1, step > 0 ? count : count - 1);
  };
  std::vector<int> engines;
  const std::int64_t last = place(end);
  for (std::int64_t at = place(begin); step > 0 ? at < last : at > last; at += step)
    engines.push_back(ids[static_cast<std::size_t>(at)]);
  return engines;
}

void refuse_for_engines(const ViewOptions& options) {
  refuse_unsupported(options);
  const ViewOptions defaults;
  if (!options.targets.empty() || !options.follow.empty()) {
    throw ClusterError(
        "a direct view names its engines itself: ViewOptions::targets and follow are for a "
        "load-balanced view");
  }
  if (!options.needs.empty()) {
    throw ClusterError(
        "a direct view names its engines itself: ViewOptions::needs is for a load-balanced view");
  }
  if (options.priority != defaults.priority) {
    throw ClusterError(
        "what is addressed to an engine runs there in order: ViewOptions::priority is for a "
        "load-balanced view");
  }
  if (options.retries != defaults.retries || options.max_crashes != defaults.max_crashes) {
    throw ClusterError(
        "what is addressed to an engine runs once: ViewOptions::retries and max_crashes are for a "
        "load-balanced view");
  }
  if (!options.key.empty()) {
    throw ClusterError(
        "what is called on an engine is for what it leaves there: ViewOptions::key and resume are "
        "for a load-balanced view");
  }
  if (options.chunk != defaults.chunk || options.window != defaults.window) {
    throw ClusterError(
        "a direct view gives each engine one part of a map: ViewOptions::chunk and window are for "
        "a load-balanced view");
  }
}

}  // namespace muster::detail
