// Who is turned away at the door, and what the log says of it: counted always, written down at a
// bounded rate, so that a stranger can't fill a disk.

#include <chrono>
#include <utility>

#include "controller/core.hpp"

namespace muster::controller {
namespace {

constexpr std::chrono::seconds note_interval{1};

}  // namespace

void Core::refuse(RouteId route, const wire::Hello& hello, Permit permit, Instant now) {
  ++counts_.refused_roles;
  const std::string wanted = wire::name_of(static_cast<wire::Role>(hello.role));
  answer_outside(route, wire::Kind::goodbye, 0,
                 "its key is for the role " + std::string(permit.text()) + ", not for " + wanted +
                     "; use the connection file for that role");
  note_refusal("refused as " + wanted + " on " + hello.host + " (pid " + std::to_string(hello.pid) +
                   "): its key is for the role " + permit.text(),
               now);
}

void Core::note_refused_keys(std::uint64_t total, Instant now) {
  if (total == counts_.refused_keys) return;
  counts_.refused_keys = total;
  note_refusal("connections refused for unknown keys: " + std::to_string(total) + " so far", now);
}

void Core::note_refusal(std::string line, Instant now) {
  if (refusal_noted_ != Instant{} && now - refusal_noted_ < note_interval) return;
  refusal_noted_ = now;
  note(std::move(line));
}

}  // namespace muster::controller
