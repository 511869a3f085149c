#pragma once
// What a client says of waits that take long. Decides what and when; without clock or output.

#include <cstddef>
#include <string>

#include "client/session.hpp"

namespace muster::client {

/// For one connection.
class Notices {
 public:
  explicit Notices(Instant now) : progress_(now), heard_(now), silence_said_(now) {}

  /// To be asked now and then, each second or so. The line to print, empty for none: tasks of which
  /// none runs or ends are spoken of once after 5 s, a controller that doesn't answer every 5 s.
  std::string look(const Session& session, Instant now);
  /// The controller has been silent for so long (a minute, rule 29) that the connection is over.
  bool gives_up(Instant now) const;
  /// Since there was a link last.
  Instant::duration silence(Instant now) const { return now - heard_; }

  /// For a submission that has waited for 5 s, until one doesn't have to wait.
  std::string no_room(const Session& session);
  void had_room() { room_said_ = false; }

 private:
  std::string tasks_wait(const Session& session, Instant now);
  std::string controller_is_silent(const Session& session, Instant now);

  std::size_t open_ = 0;  // at the last look
  Instant progress_;
  bool waiting_said_ = false;
  Instant stuck_{};  ///< when tasks were seen to wait last
  Instant heard_;    // the controller, before it fell silent
  Instant silence_said_;
  bool room_said_ = false;
};

/// For a submission that has waited for 5 s for a push.
std::string push_under_way();
/// For a wish to cancel that has waited for its answer for 5 s.
std::string no_answer_to_cancel();

}  // namespace muster::client
