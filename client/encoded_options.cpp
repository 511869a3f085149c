// The options block of a submission: empty for the defaults, so that most tasks pay nothing for it.

#include <chrono>

#include "client/connection.hpp"
#include "protocol/body.hpp"

namespace muster::detail {
namespace {

std::int64_t nanoseconds_or_zero(const std::optional<std::chrono::nanoseconds>& limit) {
  return limit ? limit->count() : 0;
}

}  // namespace

Buffer encode_options(const ViewOptions& options, int engine) {
  wire::TaskOptions encoded;
  encoded.retries = static_cast<std::uint32_t>(options.retries);
  encoded.max_crashes = static_cast<std::uint32_t>(options.max_crashes);
  encoded.queue_ns = nanoseconds_or_zero(options.timeouts.queue);
  encoded.run_ns = nanoseconds_or_zero(options.timeouts.run);
  encoded.total_ns = nanoseconds_or_zero(options.timeouts.total);
  encoded.target = engine;
  encoded.label = options.label;
  encoded.priority = options.priority;
  const std::vector<std::uint32_t> engines(options.targets.begin(), options.targets.end());
  encoded.engines = wire::runs_of(engines);
  const wire::TaskOptions defaults;
  if (encoded.retries == defaults.retries && encoded.max_crashes == defaults.max_crashes &&
      encoded.target == defaults.target && encoded.queue_ns == 0 && encoded.run_ns == 0 &&
      encoded.total_ns == 0 && encoded.label.empty() && encoded.priority == 0 &&
      encoded.engines.empty()) {
    return {};
  }
  return wire::pack(encoded);
}

}  // namespace muster::detail
