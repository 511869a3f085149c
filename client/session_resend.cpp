// What a client says on a new link: what the controller doesn't hold of its tasks (rules 1 and 22).

#include <algorithm>
#include <utility>

#include "client/session.hpp"
#include "protocol/item_row.hpp"

namespace muster::client {
namespace {

using wire::Header;
using wire::Kind;

/// How old it is: its limits go on since it was submitted (rule 30), and so does its history.
std::uint64_t age_of(Instant submitted, Instant now) {
  const std::chrono::nanoseconds age = now - submitted;
  return age.count() > 0 ? static_cast<std::uint64_t>(age.count()) : 0;
}

}  // namespace

// The first link needs no comparison: the controller can hold nothing of this session. On later
// ones the controller first lists what it knows, and only the difference is said again. One that
// knows nothing of the session was started again, or has dropped it: it gets everything.
void Session::opened(Instant now) {
  declared_.assign(entries_.size(), false);
  images_declared_.clear();
  for (Open& task : tasks_) {
    task.known = false;
    if (task.row) task.row->known.clear();
  }
  credit_ = std::max(credit_, link_.welcome().credit_counter);
  engines_ = link_.welcome().cluster_engines;
  engine_ids_of_link_ = false;
  if (engine_ids_wanted_) link_.control().append(Header{.kind = Kind::roster});
  if (kept_) {
    link_.control().append(
        {.kind = Kind::question, .code = static_cast<std::uint32_t>(wire::Topic::keep)});
  }
  questions_.say_all(link_.control());
  saying_ = !link_.welcome().known;
  if (saying_) say_unknown(now);
  ++news_;
}

/// The open tasks of these counters that the controller doesn't hold, with the wishes to cancel
/// any of them.
void Session::say_again(std::uint64_t first, std::uint64_t end, Instant now) {
  end = std::min(end, next_counter_);
  for (std::uint64_t counter = std::max(first, base_); counter < end;) {
    const Open* const task = submission(counter);
    if (task == nullptr || task->settled()) {
      ++counter;
      continue;
    }
    const std::uint64_t last = std::min(end, task->end());
    for (std::uint64_t at = counter; at < last;) {
      std::uint64_t next = at;
      while (next < last && task->is_to_be_said(next))
        ++next;
      if (next > at) say(*task, at, static_cast<std::uint32_t>(next - at), now);
      at = std::max(next, at + 1);
    }
    for (; counter < last; ++counter) {
      if (!task->is_wished_to_end(counter)) continue;
      link_.task().append(Header{.kind = Kind::cancel, .counter = counter});
    }
  }
}

/// The controller doesn't hold these. It can't tell any more how a task has ended that they wait
/// for, and here that is known by now: that outcome came before this. Or it doesn't know the one
/// whose outcome a task was to get.
void Session::apply_again(const wire::Record& record, Instant now) {
  if (!saying_) return;  // then it will be said
  const std::uint64_t end = record.counter + record.count;
  for (std::uint64_t counter = record.counter; counter < std::min(end, next_counter_); ++counter) {
    Open* task = find(counter);
    if (task == nullptr) continue;
    if (task->row) {
      task->row->known.remove(task->place(counter));
    } else {
      task->known = false;
      if (const auto followed = followed_.find(counter); followed != followed_.end()) {
        followed->second.gone = true;
        task->pending->stand_for({});
      }
    }
  }
  say_again(record.counter, end, now);
}

void Session::apply_follows(const wire::Record& record) {
  const Open* const task = find(record.counter);
  const auto original = wire::unpack<wire::StandIn>(record.options);
  if (task == nullptr || task->row || !original || original->counter == 0) return;
  task->pending->stand_for({original->session, original->counter});
  followed_[record.counter] = {{original->session, original->counter, wire::StandIn::followed}};
}

/// Ends with the word that this was all: what engines hold beyond it, nobody wants.
void Session::say_unknown(Instant now) {
  values_.say_used(link_.task());
  say_again(base_, next_counter_, now);
  if (link_.links_opened() == 1) return;
  const detail::Buffer nothing_more = wire::pack(wire::Inventory{});
  link_.task().append(Header{.kind = Kind::inventory, .flags = 1, .attempt = link_.task().link()},
                      {}, nothing_more.bytes());
}

/// Null when it waits for nothing.
Session::Waiting* Session::say_prerequisites(std::uint64_t counter, const Open& task) {
  const auto found = waiting_for_.find(task.first);
  if (found == waiting_for_.end()) return nullptr;
  values_.say(found->second.prerequisites->values, link_.task());
  const auto add_open = [this](const detail::ItemOutcomes& map, auto& counters) {
    add_open_items(map, counters);
  };
  for (const detail::Buffer& body :
       still_awaited(*found->second.prerequisites, task.arguments.size(), add_open))
    link_.task().append(Header{.kind = Kind::awaits, .counter = counter}, {}, body.bytes());
  return &found->second;
}

/// One task, or `count` neighbours of one row: of a row that is said again, the items that are
/// open.
void Session::say(const Open& task, std::uint64_t counter, std::uint32_t count, Instant now) {
  std::uint8_t before = counter < said_below_ ? wire::said_before : std::uint8_t{0};
  said_below_ = std::max(said_below_, counter + count);
  const std::uint64_t age = age_of(task.row ? task.row->submitted : task.pending->submitted, now);
  const auto stand_in = [&](wire::Bytes options) {
    link_.task().append(
        Header{.kind = Kind::stand_in, .flags = before, .attempt = age, .counter = counter},
        options, {});
  };
  if (task.code == stands_in) return stand_in(task.options.bytes());
  if (const auto followed = followed_.empty() ? followed_.end() : followed_.find(counter);
      followed != followed_.end()) {
    if (!followed->second.gone) return stand_in(wire::pack(followed->second.original).bytes());
    followed_.erase(followed);
    before |= wire::never_held;
  }
  declare(task.code);
  Waiting* waiting = waiting_for_.empty() ? nullptr : say_prerequisites(counter, task);
  const Header header{.kind = Kind::submit,
                      .flags = before,
                      .attempt = age,
                      .counter = counter,
                      .count = count,
                      .code = task.code};
  const wire::Bytes options = task.options.bytes();
  if (task.large) {
    Large& large = large_.at(counter);
    large.stream = link_.task().append_streaming(header, options, large.arguments);
    return;
  }
  if (waiting != nullptr && !waiting->prerequisites->holes.empty()) {
    detail::Buffer body = filled_arguments(task.arguments.bytes(), *waiting->prerequisites);
    waiting->stream.reset();
    if (body.size() > wire::inline_body_max) {
      waiting->stream =
          link_.task().append_streaming(header, options, wire::make_large_body(std::move(body)));
    } else {
      link_.task().append(header, options, body.bytes());
    }
    return;
  }
  if (task.first == counter && task.end() == counter + count) {
    link_.task().append(header, options, task.arguments.bytes());
    return;
  }
  const detail::Buffer part = wire::part_of_row(task.arguments.bytes(), task.place(counter), count);
  link_.task().append(header, options, part.bytes());
}

void Session::apply_inventory(const wire::Record& record, Instant now) {
  if (record.attempt != link_.task().link() || saying_) return;
  const auto inventory = wire::unpack<wire::Inventory>(record.body);
  if (!inventory || inventory->first.size() != inventory->count.size()) return;
  values_.listed(inventory->values, link_.task());
  for (std::size_t run = 0; run < inventory->first.size(); ++run) {
    const std::uint64_t first = std::max(inventory->first[run], base_);
    const std::uint64_t end =
        std::min(inventory->first[run] + inventory->count[run], next_counter_);
    for (std::uint64_t counter = first; counter < end; ++counter) {
      Open* task = find(counter);
      if (task == nullptr) continue;
      if (task->row) {
        task->row->known.add(task->place(counter), 1, task->row->count);
      } else {
        task->known = true;
      }
    }
  }
  if (record.flags == 0) return;
  saying_ = true;
  say_unknown(now);
}

}  // namespace muster::client
