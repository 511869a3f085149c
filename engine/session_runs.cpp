// Quick items of a row, which the executing thread starts without asking in between. Whoever looks
// at the session meanwhile finds it as if each had been started by itself.

#include "engine/session.hpp"
#include "protocol/item_row.hpp"

namespace muster::engine {

using wire::Header;

std::optional<Job> Session::start_run(Instant now) {
  const Assignment::Run run = current_.start_all();
  queued_ -= run.count;
  stop_wish_ = false;
  run_limit_ = {};
  run_.begin(run.first, run.count, run.items, codes_[current_.code].run_ns, now);
  return Job{.session = current_.session,
             .counter = run.first,
             .attempt = current_.attempt,
             .starts = current_.starts,
             .code = current_.code,
             .arguments = {},
             .run = &run_,
             .shared = current_.shared.get()};
}

/// What was begun of the run is known from now on: one item executes at most, those before it have
/// ended, and those behind it wait again.
void Session::interrupt_run(Instant now) {
  if (!run_.active() || run_.closed()) return;
  run_.close();
  const std::uint32_t unclaimed = run_.count() - run_.claimed();
  current_.take_back(unclaimed);
  queued_ += unclaimed;
  started_ += run_.claimed();
  // One look: the item that executes now may end before the next one, and would be taken and be
  // executing at once.
  const ItemRun::Look look = run_.look();
  const bool executes = look.ended() < run_.claimed();
  const Instant until = executes ? run_.looked() : now;
  const std::uint64_t last = run_.first() + run_.claimed() - 1;
  // In front of its value, which may be among those that are taken now.
  if (publication_.changed()) {
    say_published({current_.session, last, 1, current_.attempt, current_.starts});
  }
  take_values(look, until);
  if (!executes) return;
  executing_ =
      Executing{current_.session, last, current_.attempt, current_.starts, current_.code, until};
}

/// One outcome for the values of the run that nobody has taken; the last one ended at `until`.
void Session::take_values(ItemRun::Look look, Instant until) {
  const Instant since = run_.since();
  const ItemRun::Values values = run_.take(look, until);
  if (values.count == 0) return;
  const std::int64_t run_ns = wire::nanoseconds_of(until) - wire::nanoseconds_of(since);
  learn(current_.code, run_ns / values.count, values.count);
  declare_session(current_.session);
  wire::Bytes body = values.row;
  if (values.count == 1) body = wire::ItemReader(body).next().value_or(wire::Bytes());
  link_.task().append(Header{.kind = wire::Kind::outcome,
                             .flags = static_cast<std::uint8_t>(wire::OutcomeKind::value),
                             .starts = current_.starts,
                             .attempt = current_.attempt,
                             .session = current_.session,
                             .counter = values.first,
                             .count = values.count},
                      times_of(since, run_ns), body);
}

void Session::end_run(Instant now) {
  interrupt_run(now);
  current_.found(run_.first() + run_.claimed(), run_.items());
  const ItemRun::Values since_interrupted = run_.take(run_.look(), now);
  run_.retire();
  if (since_interrupted.count > 0) {
    finish(wire::OutcomeKind::value,
           wire::ItemReader(since_interrupted.row).next().value_or(wire::Bytes()), now);
  } else if (!executing_) {
    if (current_.left() == 0) current_ = {};  // its body may be large
    say_retired_if_due();
  }
}

}  // namespace muster::engine
