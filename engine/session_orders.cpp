// What an engine does when it is told to give tasks back: cancels and recalls (rule 15). Orders
// come on the control socket and may overtake the dispatches that they name.

#include <algorithm>
#include <utility>

#include "engine/session.hpp"

namespace muster::engine {
namespace {

using wire::Header;
using wire::Kind;

}  // namespace

void Session::apply_cancel(const wire::Record& record, Instant now) {
  const auto order = wire::unpack<wire::CancelOrder>(record.body);
  if (!order) return;
  const std::uint32_t session = session_index(wire::uuid_of(order->session));
  const auto demand = static_cast<wire::CancelDemand>(record.flags);
  for (std::uint32_t i = 0; i < record.count; ++i)
    carry_out(CancelOrder{session, record.counter + i, record.attempt, order->sequence, demand},
              now);
}

// Rule 15. The order came on the control socket and may have overtaken the dispatch that it names.
void Session::carry_out(const CancelOrder& order, Instant now) {
  if (give_back(current_, order)) return;
  for (auto queued = queue_.begin(); queued != queue_.end(); ++queued) {
    if (!give_back(*queued, order)) continue;
    if (queued->left() == 0) queue_.erase(queued);
    return;
  }
  if (parked_.give_back(order.session, order.counter, order.attempt)) {
    say_returned(order.session, order.attempt, order.counter, 1, false);
    return;
  }
  const auto is_meant = [&](const Header& dispatch) {
    return looked_up(session_of_link_, dispatch.session) == order.session &&
           dispatch.counter == order.counter && dispatch.attempt == order.attempt;
  };
  if (give_back_arriving(is_meant, false)) {
    return;
  }
  if (executing_ && executing_->session == order.session && executing_->counter == order.counter &&
      executing_->attempt == order.attempt) {
    if (order.demand == wire::CancelDemand::stop) {
      stop_wish_ = true;
      run_limit_.cancel(current_.cancel_ns, now);
    }
    answer(order, wire::CancelAnswer::running);
    return;
  }
  if (link_.task().applied() < order.sequence) {
    remembered_.push_back(order);
    return;
  }
  answer(order, wire::CancelAnswer::finished);
}

/// False when the order names nothing that waits there.
bool Session::give_back(Assignment& assignment, const CancelOrder& order) {
  if (assignment.attempt != order.attempt || assignment.session != order.session ||
      !assignment.has(order.counter)) {
    return false;
  }
  assignment.skip(order.counter);
  say_returned(assignment, order.counter, 1, false);
  return true;
}

void Session::say_returned(const Assignment& assignment, std::uint64_t first, std::uint32_t count,
                           bool recalled) {
  queued_ -= count;
  say_returned(assignment.session, assignment.attempt, first, count, recalled);
}

/// One whose arguments are still on their way; what comes of them is ignored. False when there is
/// none.
template <class Matches>
bool Session::give_back_arriving(Matches matches, bool recalled) {
  return arriving_.drop_if([&](const Header& dispatch) {
    if (!matches(dispatch)) return false;
    const std::uint32_t session = looked_up(session_of_link_, dispatch.session);
    if (session == unknown) return false;
    say_returned(session, dispatch.attempt, dispatch.counter, 1, recalled);
    return true;
  });
}

/// They never started and never will here.
void Session::say_returned(std::uint32_t session, std::uint64_t attempt, std::uint64_t first,
                           std::uint32_t count, bool recalled) {
  declare_session(session);
  link_.task().append(Header{.kind = Kind::returned,
                             .flags = recalled,
                             .attempt = attempt,
                             .session = session,
                             .counter = first,
                             .count = count});
}

void Session::apply_recall(const wire::Record& record) {
  const auto order = wire::unpack<wire::RecallOrder>(record.body);
  if (!order) return;
  if (link_.task().applied() < order->sequence) {
    remembered_recalls_.push_back(*order);
  } else {
    carry_out(*order);
  }
}

// Both lists have the newest first or last, so each attempt is found where the one before it was.
void Session::carry_out(const wire::RecallOrder& order) {
  auto newest = queue_.end();
  const auto give_back_last = [&](Assignment& assignment, std::uint32_t most) {
    assignment.give_up_last(most, [&](std::uint64_t first, std::uint32_t count) {
      say_returned(assignment, first, count, true);
    });
  };
  for (std::size_t i = 0; i < order.attempts.size(); ++i) {
    const std::uint64_t attempt = order.attempts[i];
    const std::uint32_t items = i < order.items.size() ? order.items[i] : UINT32_MAX;
    auto found = newest;
    while (found != queue_.begin() && std::prev(found)->attempt != attempt)
      --found;
    if (found == queue_.begin()) {
      // It was started, or given back to a cancel; of a row the rest may still be here. Or its
      // arguments, or values that it names, are still on their way.
      const auto say_parked = [&](const Assignment& parked, std::uint64_t first,
                                  std::uint32_t count) {
        say_returned(parked.session, attempt, first, count, true);
      };
      if (current_.attempt == attempt) {
        if (!current_.whole) give_back_last(current_, items);
      } else if (!parked_.give_up_last(attempt, items, say_parked)) {
        const auto is_meant = [&](const Header& sent) { return sent.attempt == attempt; };
        give_back_arriving(is_meant, true);
      }
      continue;
    }
    --found;
    const auto place = found - queue_.begin();
    give_back_last(*found, items);
    if (found->left() == 0) queue_.erase(found);
    newest = queue_.begin() + place;
  }
  link_.task().append(Header{.kind = Kind::recalled});
}

void Session::carry_out_remembered(Instant now) {
  for (const CancelOrder& order : std::exchange(remembered_, {}))
    carry_out(order, now);
  for (const wire::RecallOrder& order : std::exchange(remembered_recalls_, {})) {
    if (link_.task().applied() < order.sequence) {
      remembered_recalls_.push_back(order);
    } else {
      carry_out(order);
    }
  }
}

void Session::answer(const CancelOrder& order, wire::CancelAnswer answer) {
  declare_session(order.session);
  link_.task().append(Header{.kind = Kind::answer,
                             .flags = static_cast<std::uint8_t>(answer),
                             .attempt = order.attempt,
                             .session = order.session,
                             .counter = order.counter});
}

}  // namespace muster::engine
