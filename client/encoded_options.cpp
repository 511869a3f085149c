// The options block of a submission: empty for the defaults, so that most tasks pay nothing for it.

#include <chrono>

#include "client/connection.hpp"
#include "protocol/body.hpp"
#include "protocol/resources.hpp"

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
  encoded.needs = wire::Resources(options.needs).words();
  if (encoded == wire::TaskOptions{}) return {};
  return wire::pack(encoded);
}

}  // namespace muster::detail
