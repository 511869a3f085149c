#pragma once
// What clients have in common by name, at the controller: their wishes reach the state machine
// (commons.hpp), what it has answered reaches them, and what has changed it is written down first,
// so that a controller that is killed leaves all of it to the next one (rule 36).

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "controller/commons.hpp"
#include "controller/core.hpp"

namespace muster::controller {

struct Core::Sharing {
  Core& core;
  Commons commons;
  /// wire::CommonsEvents, to be taken and written down before any output is sent that was taken
  /// with them. wire::CommonsState (commons.state()) stands for all that there were so far.
  std::vector<detail::Buffer> events{};

  void apply(Peer& peer, const wire::Record& question);
  /// Its client has left, or is taken for dead.
  void end(const wire::Uuid& session, bool gone);
  /// Sessions from before this controller that haven't come: it is time to take them for dead.
  void end_absent();
  /// It must not be dropped before its client has certainly stopped: it may be cut off, and
  /// somebody waits for what it holds.
  bool holds_a_lock(const wire::Uuid& session) const { return commons.holds_a_lock(session); }
  nlohmann::json status() const;

 private:
  void carry_out(wire::CommonsEvent event);
};

}  // namespace muster::controller
