// What a client says on a new link: what the controller doesn't hold of its tasks (rules 1 and 22).

#include <algorithm>
#include <utility>

#include "client/session.hpp"
#include "protocol/item_row.hpp"

namespace muster::client {
namespace {

using wire::Header;
using wire::Kind;

/// The options of a task that is said again. Its limits go on since it was submitted (rule 30).
detail::Buffer aged(wire::Bytes options, Instant::duration age) {
  auto task = wire::unpack<wire::TaskOptions>(options);
  if (!task) return detail::Buffer::copy_of(options);
  task->age_ns = std::chrono::nanoseconds(age).count();
  return wire::pack(*task);
}

}  // namespace

// The first link needs no comparison: the controller can hold nothing of this session. On later
// ones the controller first lists what it knows, and only the difference is said again. One that
// knows nothing of the session was started again, or has dropped it: it gets everything.
void Session::opened(Instant now) {
  declared_.assign(entries_.size(), false);
  for (Open& task : tasks_)
    task.known = false;
  credit_ = std::max(credit_, link_.welcome().credit_counter);
  engines_ = link_.welcome().cluster_engines;
  if (engine_ids_wanted_) link_.control().append(Header{.kind = Kind::roster});
  saying_ = !link_.welcome().known;
  if (saying_) say_unknown(now);
  ++news_;
}

/// The open tasks of these counters that the controller doesn't hold, with the wishes to cancel
/// any of them.
void Session::say_again(std::uint64_t first, std::uint64_t end, Instant now) {
  if (end <= base_) return;
  const std::size_t last = std::min(end, end_counter()) - base_;
  for (std::size_t i = std::max(first, base_) - base_; i < last;) {
    std::size_t next = i + 1;
    const Open& task = tasks_[i];
    if (task.is_to_be_said()) {
      while (task.row && next < last && tasks_[next].row == task.row &&
             tasks_[next].is_to_be_said()) {
        ++next;
      }
      say(base_ + i, static_cast<std::uint32_t>(next - i), now);
    }
    for (; i < next; ++i) {
      if (tasks_[i].pending == nullptr || !tasks_[i].cancel_wished) continue;
      link_.task().append(Header{.kind = Kind::cancel, .counter = base_ + i});
    }
  }
}

/// The controller doesn't hold these, because it can't tell any more how a task has ended that they
/// wait for. Here it is known by now: that outcome came before this.
void Session::apply_again(const wire::Record& record, Instant now) {
  if (!saying_) return;  // then it will be said
  const std::uint64_t end = record.counter + record.count;
  for (std::uint64_t counter = record.counter; counter < std::min(end, end_counter()); ++counter) {
    if (Open* task = find(counter)) task->known = false;
  }
  say_again(record.counter, end, now);
}

/// Ends with the word that this was all: what engines hold beyond it, nobody wants.
void Session::say_unknown(Instant now) {
  say_again(base_, end_counter(), now);
  if (link_.links_opened() == 1) return;
  const detail::Buffer nothing_more = wire::pack(wire::Inventory{});
  link_.task().append(Header{.kind = Kind::inventory, .flags = 1, .attempt = link_.task().link()},
                      {}, nothing_more.bytes());
}

void Session::say_prerequisites(std::uint64_t counter, const Open& task) {
  const auto found = prerequisites_.find(task.first(counter));
  if (found == prerequisites_.end()) return;
  for (const detail::Buffer& body : still_awaited(*found->second))
    link_.task().append(Header{.kind = Kind::awaits, .counter = counter}, {}, body.bytes());
}

/// One task, or `count` neighbours of one row: of a row that is said again, the items that are
/// open.
void Session::say(std::uint64_t counter, std::uint32_t count, Instant now) {
  const Open& task = *find(counter);
  if (task.code >= declared_.size()) declared_.resize(entries_.size(), false);
  if (!declared_[task.code]) {
    declared_[task.code] = true;
    const detail::Buffer body = wire::pack(wire::Code{raw(image_), entries_[task.code]});
    link_.task().append(Header{.kind = Kind::declare_code, .code = task.code}, {}, body.bytes());
  }
  if (!prerequisites_.empty()) say_prerequisites(counter, task);
  const bool again = counter < said_below_;
  said_below_ = std::max(said_below_, counter + count);
  const Header header{.kind = Kind::submit,
                      .flags = again ? wire::said_before : std::uint8_t{0},
                      .counter = counter,
                      .count = count,
                      .code = task.code};
  wire::Bytes options = task.row ? task.row->options.bytes() : task.options.bytes();
  detail::Buffer older;
  if (!options.empty() && now > task.pending->submitted) {
    older = aged(options, now - task.pending->submitted);
    options = older.bytes();
  }
  if (task.large) {
    Large& large = large_.at(counter);
    large.stream = link_.task().append_streaming(header, options, large.arguments);
    return;
  }
  if (!task.row) {
    link_.task().append(header, options, task.arguments.bytes());
    return;
  }
  const Row& row = *task.row;
  if (count == row.count) {
    link_.task().append(header, options, row.body.bytes());
    return;
  }
  const auto first = static_cast<std::uint32_t>(counter - row.first);
  const detail::Buffer part = wire::part_of_row(row.body.bytes(), first, count);
  link_.task().append(header, options, part.bytes());
}

void Session::apply_inventory(const wire::Record& record, Instant now) {
  if (record.attempt != link_.task().link() || saying_) return;
  const auto inventory = wire::unpack<wire::Inventory>(record.body);
  if (!inventory || inventory->first.size() != inventory->count.size()) return;
  for (std::size_t run = 0; run < inventory->first.size(); ++run) {
    for (std::uint32_t i = 0; i < inventory->count[run]; ++i) {
      const std::uint64_t counter = inventory->first[run] + i;
      if (counter >= end_counter()) break;
      if (Open* task = find(counter)) task->known = true;
    }
  }
  if (record.flags == 0) return;
  saying_ = true;
  say_unknown(now);
}

}  // namespace muster::client
