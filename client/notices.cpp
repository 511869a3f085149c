#include "client/notices.hpp"

#include <chrono>

#include "protocol/body.hpp"

namespace muster::client {
namespace {

using namespace std::chrono_literals;

constexpr auto say_after = 5s;
constexpr auto give_up_after = 60s;

std::string count_of(std::size_t tasks) {
  return std::to_string(tasks) + (tasks == 1 ? " task" : " tasks");
}

/// The controller's word for why tasks wait, in full.
std::string explained(const std::string& reason) {
  if (reason.starts_with(wire::needs_word)) {
    const std::string needs = reason.substr(wire::needs_word.size());
    return "no engine has what they need, " + needs +
           " (add some with: muster engines --resources " + needs + ")";
  }
  if (reason == "no engines")
    return "the cluster has no engines (add some with: muster engines -n 2)";
  if (reason == "silent")
    return "no engine answers; one that stays silent is given up after 15 s, and its tasks run "
           "elsewhere (see: muster status)";
  if (reason == "draining")
    return "all engines are about to leave the cluster, and take no new tasks (see: muster status)";
  if (reason == "image") return "this program is being brought to the engines (see: muster status)";
  if (reason == "recovering")
    return "the controller was started again, and engines have yet to say what they hold";
  if (reason == "results")
    return "this program's earlier results aren't taken as fast as they come (see: muster status)";
  if (reason == "dependency")
    return "the tasks that they are to start after haven't ended (see: muster status)";
  if (reason == "value") return "the bound values that they name are on their way to the cluster";
  if (reason == "history")
    return "it is looked up in the history's file whether tasks of their names have ended";
  if (reason == "target")
    return "the engines that they are for are busy or away (see: muster status)";
  return "all engines are busy with other programs (see: muster status)";
}

}  // namespace

std::string Notices::look(const Session& session, Instant now) {
  const std::string silence = controller_is_silent(session, now);
  return silence.empty() ? tasks_wait(session, now) : silence;
}

std::string Notices::tasks_wait(const Session& session, Instant now) {
  const bool stuck = session.open() > 0 && session.waiting() == session.open() &&
                     session.open() >= open_ && !session.wait_reason().empty();
  // While a link is opened anew the controller doesn't know of the tasks: that is no progress.
  if (session.open() < open_ || (!stuck && now - stuck_ >= say_after)) waiting_said_ = false;
  open_ = session.open();
  if (!stuck) {
    progress_ = now;
    return {};
  }
  stuck_ = now;
  if (waiting_said_ || now - progress_ < say_after) return {};
  waiting_said_ = true;
  return count_of(session.open()) + (session.open() == 1 ? " has" : " have") +
         " waited for 5 s: " + explained(session.wait_reason());
}

std::string Notices::controller_is_silent(const Session& session, Instant now) {
  if (session.link().open()) heard_ = silence_said_ = now;
  if (session.open() == 0 || now - silence_said_ < say_after) return {};
  silence_said_ = now;
  return "the controller doesn't answer, and " + count_of(session.open()) +
         (session.open() == 1 ? " waits" : " wait") +
         " for it; the connection ends when it has been silent for a minute";
}

bool Notices::gives_up(Instant now) const {
  return now - heard_ >= give_up_after;
}

std::string Notices::no_room(const Session& session) {
  if (room_said_) return {};
  room_said_ = true;
  if (!session.link().open()) return "apply() has waited for 5 s: the controller doesn't answer";
  const std::string open = count_of(session.open());
  std::string line = "apply() has waited for 5 s: ";
  if (session.has_room()) {
    line += "the bound values that this program's open tasks name take " +
            std::to_string(session.values().bytes() >> 20) +
            " MiB, which is as much as a client keeps beside the last one";
  } else if (session.has_credit()) {
    line += open + " of this program have no outcome yet and take " +
            std::to_string(session.open_bytes() >> 20) + " MiB, which is as much as a client keeps";
  } else {
    line += open + " of this program have no outcome yet, as many as the cluster takes from one";
  }
  line += "; it goes on as they end";
  if (!session.wait_reason().empty()) {
    line += std::string("; they wait because ") + explained(session.wait_reason());
  }
  return line;
}

std::string push_under_way() {
  return "a call has waited for 5 s for the end of a large push before it, which is on its way or "
         "behind what its engine runs; it goes on when that has ended";
}

std::string no_answer_to_cancel() {
  return "cancel() has waited for 5 s for the engine that holds the task; an engine that stays "
         "silent is given up after 15 s";
}

}  // namespace muster::client
