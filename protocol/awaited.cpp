#include "protocol/awaited.hpp"

#include "protocol/limits.hpp"

namespace muster::wire {
namespace {

const char* how_it_ended(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::value:
      return "has given a value";
    case OutcomeKind::exception:
      return "has thrown";
    case OutcomeKind::cancelled:
      return "was cancelled";
    case OutcomeKind::quarantined:
      return "has ended each process that ran it";
    case OutcomeKind::timed_out:
      return "has passed its time limit";
    case OutcomeKind::impossible:
    case OutcomeKind::unmet:
    case OutcomeKind::reused:
      return "couldn't start itself";
    case OutcomeKind::image_failed:
    case OutcomeKind::lost:
    case OutcomeKind::engine_lost:
      break;
  }
  return "was lost";
}

}  // namespace

std::string why_impossible(const Awaited& awaited, OutcomeKind kind, std::string_view who) {
  const bool wants_value = awaited.on == Awaited::success;
  std::string text = "this task can't start: ";
  if (awaited.any) {
    text += wants_value ? "none of the tasks that it waits for has given a value, and the last"
                        : "each of the tasks that it waits for was to fail, and the last";
  } else {
    text += wants_value ? "a task that it waits for" : "a task that it waits for was to fail, and";
  }
  if (!who.empty()) text += " (" + std::string(who) + ")";
  text += std::string(" ") + how_it_ended(kind);
  return text + (wants_value ? "; that task's get() says why" : "");
}

std::string too_large_together() {
  return "this task can't start: its arguments, with the results that are put in, take more than "
         "the " +
         std::to_string(body_bytes_max) + " bytes that may travel; pass the path of a file";
}

}  // namespace muster::wire
