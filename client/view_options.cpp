#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <muster/error.hpp>
#include <muster/view_options.hpp>

#include "protocol/resources.hpp"

namespace muster {
namespace {

/// It travels with every task, and stands in tables.
constexpr std::size_t label_bytes_max = 200;
constexpr std::size_t key_bytes_max = 200;

void require(bool holds, std::string_view member, std::string_view what) {
  if (!holds) throw ClusterError("ViewOptions::" + std::string(member) + std::string(what));
}

void require_limit(const std::optional<std::chrono::nanoseconds>& limit, std::string_view member,
                   std::string_view unset = "no limit") {
  require(!limit || limit->count() > 0, member,
          " must be longer than nothing; leave it unset for " + std::string(unset));
}

}  // namespace

void refuse_unsupported(const ViewOptions& options) {
  require(options.key.size() <= key_bytes_max, "key", " must not be longer than 200 bytes");
  require(options.resume.empty() || !options.key.empty(), "resume",
          " needs a name for these calls in the file: .key = \"NAME\"");
  require(options.label.size() <= label_bytes_max, "label", " must not be longer than 200 bytes");
  require(options.retries >= 0, "retries", " must not be negative");
  require(options.max_crashes >= 1, "max_crashes", " must be at least 1");
  try {
    wire::Resources(options.needs);
  } catch (const std::invalid_argument& error) {
    throw ClusterError(std::string("ViewOptions::needs: ") + error.what());
  }
  require_limit(options.timeouts.queue, "timeouts.queue");
  require_limit(options.timeouts.run, "timeouts.run");
  require_limit(options.timeouts.total, "timeouts.total");
  require_limit(options.timeouts.init, "timeouts.init");
  require_limit(options.timeouts.cancel, "timeouts.cancel", "5 s");
}

}  // namespace muster
