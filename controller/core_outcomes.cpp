// Outcomes that clients haven't taken yet: a client that is stopped, or reads too slowly, must not
// cost the controller more than its share of memory, nor others anything at all (rule 23).

#include "controller/core.hpp"

namespace muster::controller {

/// An outcome went into the session's lane, or its client has taken some.
void Core::outcomes_changed(SessionRef ref) {
  ClientSession& session = *sessions_.get(ref);
  if (session.outcomes_changed) return;
  session.outcomes_changed = true;
  outcomes_changed_.push_back(ref);
}

/// Once a pass, before anything is dispatched: whose tasks wait until their client reads.
void Core::hold_back_the_late() {
  for (const SessionRef ref : outcomes_changed_) {
    ClientSession* session = sessions_.get(ref);
    if (session != nullptr) session->outcomes_changed = false;
    outcomes_.charge(ref, session == nullptr ? 0 : session->lane.unapplied_bytes());
  }
  outcomes_changed_.clear();
  for (const OutcomeAccount::Change& change : outcomes_.judge()) {
    const ClientSession* session = sessions_.get(change.session);
    if (session == nullptr) continue;
    note("session " + session->id.hex().substr(0, 8) + " of " + session->program +
         (change.over ? " doesn't take its results: its tasks wait until it does"
                      : " takes its results again"));
    if (change.over) {
      ++counts_.held_back;
      scheduler_.block(change.session);
      ask_back(change.session);
    } else {
      scheduler_.unblock(change.session);
    }
    place_due_ = true;
  }
}

/// What its engines haven't started would only add to what is kept.
void Core::ask_back(SessionRef session) {
  for (EngineRef engine = 0; engine < fleet_.engines.size(); ++engine)
    order_recall(scheduler_.recall_all(engine, session));
}

}  // namespace muster::controller
