// What is remembered of tasks that have ended.

#include <cstring>
#include <utility>

#include "controller/core.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {

void Core::remember(const Task& task, const wire::Header& how, wire::Bytes options) {
  if (!history_.enabled()) return;
  const auto ended_ns = wire::nanoseconds_of(latest_);
  LabelTable::Ref label = LabelTable::no_label;
  if (task.history)
    label = history_.labels().take(task.history->options.label, task.history->options.key);
  if (how.code == none) {
    // A map of a million items that is cancelled must not push out all else.
    History::Ended* last = history_.last();
    if (last != nullptr && last->process == none && last->session == task.session &&
        last->counter + last->count == task.counter && last->kind == how.flags &&
        last->code == task.code && last->label == label && last->starts == how.starts &&
        last->count + how.count <= task_items_max) {
      history_.labels().release(label);
      last->count += how.count;
      last->ended_ns = ended_ns;
      return;
    }
  }
  History::Ended& ended = history_.add();
  ended.counter = task.counter;
  if (options.size() == ended.times.size())
    std::memcpy(ended.times.data(), options.data(), ended.times.size());
  ended.ended_ns = ended_ns;
  ended.session = task.session;
  ended.code = task.code;
  ended.process = how.code;
  ended.count = how.count;
  ended.label = label;
  ended.kind = how.flags;
  ended.starts = how.starts;
}

/// Its tasks are spoken of after its end.
void Core::remember_submitter(SessionRef ref) {
  ClientSession& session = *sessions_.get(ref);
  if (session.completed == 0) return;
  history_.keep_submitter(
      ref, {session.id, session.pid, session.host, session.program, std::move(session.submitted)});
}

}  // namespace muster::controller
