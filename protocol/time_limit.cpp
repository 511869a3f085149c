#include "protocol/time_limit.hpp"

#include <string>

namespace muster::wire {

Ending ending_of(Limit limit, std::int64_t limit_ns) {
  return Ending{.text = TimedOut(limit, std::chrono::nanoseconds(limit_ns)).what(),
                .limit = std::string(name_of(limit)),
                .limit_ns = limit_ns};
}

std::string add_what_is_missing(const std::string& text, const std::string& needs) {
  return text + ". No engine has what it needs, " + needs + ": muster engines --resources " +
         needs + " adds some that do";
}

std::optional<Limit> limit_named(std::string_view name) {
  for (const Limit limit : {Limit::wait, Limit::queue, Limit::run, Limit::total, Limit::init}) {
    if (name == name_of(limit)) return limit;
  }
  return std::nullopt;
}

}  // namespace muster::wire
