// The options block of a submission: empty for the defaults, so that most tasks pay nothing for it.

#include <algorithm>
#include <cassert>
#include <chrono>
#include <string>

#include <muster/detail/bound_value.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/body.hpp"
#include "protocol/limits.hpp"
#include "protocol/resources.hpp"

namespace muster::detail {
namespace {

std::int64_t nanoseconds_or_zero(const std::optional<std::chrono::nanoseconds>& limit) {
  return limit ? limit->count() : 0;
}

/// Each member that options_on_the_wire looks at is as it is by itself: known without making what
/// would be sent. What initializes a process or is shared comes as values.
bool are_default(const ViewOptions& options) {
  static const wire::TaskOptions usual;
  const Timeouts& timeouts = options.timeouts;
  return options.retries == static_cast<int>(usual.retries) &&
         options.max_crashes == static_cast<int>(usual.max_crashes) && !timeouts.queue &&
         !timeouts.run && !timeouts.total && !timeouts.init && !timeouts.cancel &&
         options.label.empty() && options.priority == usual.priority && options.targets.empty() &&
         options.needs.empty() && !options.whole_chunks && options.worker_lifespan == 0;
}

}  // namespace

void add_values_of(const ViewOptions& options, BoundValues& values) {
  const auto add = [&](const BoundValuePtr& value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  };
  if (options.initializer) add(options.initializer.value());
  for (const auto& [word, object] : options.shared.objects())
    add(object.value);
}

wire::TaskOptions options_on_the_wire(const ViewOptions& options, int engine,
                                      const BoundValues& values) {
  wire::TaskOptions encoded;
  encoded.retries = static_cast<std::uint32_t>(options.retries);
  encoded.max_crashes = static_cast<std::uint32_t>(options.max_crashes);
  encoded.queue_ns = nanoseconds_or_zero(options.timeouts.queue);
  encoded.run_ns = nanoseconds_or_zero(options.timeouts.run);
  encoded.total_ns = nanoseconds_or_zero(options.timeouts.total);
  encoded.init_ns = nanoseconds_or_zero(options.timeouts.init);
  encoded.cancel_ns = nanoseconds_or_zero(options.timeouts.cancel);
  encoded.target = engine;
  encoded.label = options.label;
  encoded.priority = options.priority;
  const std::vector<std::uint32_t> engines(options.targets.begin(), options.targets.end());
  encoded.engines = wire::runs_of(engines);
  encoded.needs = wire::Resources(options.needs).words();
  encoded.whole = options.whole_chunks;
  encoded.lifespan = options.worker_lifespan;
  if (values.size() > wire::bound_values_per_call) {
    throw ClusterError("a call may have " + std::to_string(wire::bound_values_per_call) +
                       " bound values, this one has " + std::to_string(values.size()) +
                       ": put several into one struct");
  }
  for (const BoundValuePtr& value : values) {
    encoded.values += value->name;
    // A push has none: it is no task of the user's.
    if (value == options.initializer.value()) encoded.initializer = value->name;
    if (value->arguments) encoded.arguments = value->name;
    for (const auto& [word, object] : options.shared.objects()) {
      if (object.value == value)
        encoded.shared.insert(encoded.shared.end(), {word, value->name, object.type});
    }
  }
  return encoded;
}

Buffer encode_options(const ViewOptions& options, int engine, const BoundValues& values) {
  if (engine < 0 && values.empty() && are_default(options)) {
    assert(options_on_the_wire(options, engine, values) == wire::TaskOptions{});
    return {};
  }
  return wire::pack(options_on_the_wire(options, engine, values));
}

}  // namespace muster::detail
