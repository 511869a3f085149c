#include "controller/commons.hpp"

#include <algorithm>
#include <utility>

#include "protocol/body.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {

using wire::CommonsAnswer;
using wire::CommonsEnding;
using wire::CommonsEvent;
using wire::CommonsState;
using wire::CommonsVerb;
using wire::CommonsWish;
using wire::Uuid;

namespace {

enum class NamedThing { lock, counter, queue };

std::optional<NamedThing> kind_meant(std::uint8_t verb) {
  switch (static_cast<CommonsVerb>(verb)) {
    case CommonsVerb::acquire:
    case CommonsVerb::release:
    case CommonsVerb::look:
      return NamedThing::lock;
    case CommonsVerb::add:
    case CommonsVerb::exchange:
      return NamedThing::counter;
    case CommonsVerb::put:
    case CommonsVerb::take:
    case CommonsVerb::size:
      return NamedThing::queue;
    default:
      return std::nullopt;  // withdraw, which is for any, or no verb
  }
}

template <class Waiting>
void remove_waits(Waiting& waiting, const Uuid& session) {
  std::erase_if(waiting, [&](const auto& waits) { return waits.session == session; });
}

}  // namespace

bool Commons::Queue::has_room(std::size_t size, std::int64_t items_max) const {
  if (items.empty()) return true;
  if (items_max > 0 && items.size() >= static_cast<std::uint64_t>(items_max)) return false;
  return bytes + size <= wire::commons_bytes_max;
}

void Commons::Queue::add(std::string item) {
  bytes += item.size();
  items.push_back(std::move(item));
}

std::string Commons::Queue::pop() {
  std::string item = std::move(items.front());
  items.pop_front();
  bytes -= item.size();
  return item;
}

bool Commons::is_new(const Uuid& session, std::uint64_t number) const {
  const auto known = sessions_.find(session);
  return known == sessions_.end() || number > known->second.last;
}

std::optional<CommonsAnswer> Commons::answer_again(const Uuid& session,
                                                   std::uint64_t number) const {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return std::nullopt;
  const auto answered = known->second.answered.find(number);
  if (answered == known->second.answered.end()) return std::nullopt;
  return answered->second.said;
}

std::optional<std::string> Commons::fault_of(const Uuid& session, const CommonsWish& wish) const {
  if (gone_.contains(session)) {
    return "this program was silent for so long that its locks went to others: what it wished "
           "last may or may not have been done; look, and go on with a new Client";
  }
  const auto verb = static_cast<CommonsVerb>(wish.verb);
  if (verb == CommonsVerb::withdraw) return std::nullopt;
  const std::optional<NamedThing> meant = kind_meant(wish.verb);
  if (!meant) return "this controller doesn't know what is wished";
  if (wish.name.empty() || wish.name.size() > wire::commons_name_bytes_max)
    return "the name of a lock, a counter or a queue has 1 to 200 bytes";
  const auto refuse_other = [&](NamedThing kind, bool there, const char* what) {
    return there && *meant != kind ? std::optional("'" + wish.name + "' is the name of " + what +
                                                   " in this cluster: take another one")
                                   : std::nullopt;
  };
  for (auto fault : {refuse_other(NamedThing::lock, locks_.contains(wish.name), "a lock"),
                     refuse_other(NamedThing::counter, counters_.contains(wish.name), "a counter"),
                     refuse_other(NamedThing::queue, queues_.contains(wish.name), "a queue")}) {
    if (fault) return fault;
  }
  const bool there =
      locks_.contains(wish.name) || counters_.contains(wish.name) || queues_.contains(wish.name);
  if (!there && locks_.size() + counters_.size() + queues_.size() >= wire::commons_names_max)
    return "this cluster has 65,536 locks, counters and queues already, and may have no more";
  if (verb == CommonsVerb::add) {
    const auto counter = counters_.find(wish.name);
    const std::int64_t value = counter == counters_.end() ? 0 : counter->second;
    std::int64_t sum = 0;
    if (__builtin_add_overflow(value, wish.amount, &sum)) {
      return "the counter '" + wish.name + "' is " + std::to_string(value) +
             ", and adding that much goes beyond 64 bits";
    }
  }
  if (verb == CommonsVerb::put && has_too_much(wish.body.size())) {
    return "all queues of this cluster together hold 256 MiB already: take from them before you "
           "put more";
  }
  if (verb == CommonsVerb::put || verb == CommonsVerb::take) {
    const auto queue = queues_.find(wish.name);
    if (queue != queues_.end() && queue->second.type != wish.type) {
      return "the items of queue '" + wish.name + "' have another type: " + queue->second.type +
             ", not " + wish.type;
    }
  }
  return std::nullopt;
}

/// Some queues can't hold too much, each having its own bound.
bool Commons::has_too_much(std::size_t more) const {
  if (queues_.size() * wire::commons_bytes_max <= wire::commons_all_bytes_max) return false;
  std::size_t bytes = more;
  for (const auto& [name, queue] : queues_)
    bytes += queue.bytes;
  return bytes > wire::commons_all_bytes_max;
}

Commons::Answers Commons::apply(const CommonsEvent& event) {
  answers_.clear();
  const Uuid session = wire::uuid_of(event.session);
  switch (event.what) {
    case CommonsEvent::wished:
      apply_wish(event, session);
      break;
    case CommonsEvent::left:
      end(session, false);
      break;
    case CommonsEvent::gone:
      end(session, true);
      break;
    default:
      break;
  }
  return std::move(answers_);
}

void Commons::apply_wish(const CommonsEvent& event, const Uuid& id) {
  const CommonsWish& wish = event.wish;
  Session& session = sessions_[id];
  session.last = event.number;
  session.answered.erase(session.answered.begin(), session.answered.lower_bound(wish.known_below));
  const Waits who{id, event.number, wish.body, wish.amount};
  switch (static_cast<CommonsVerb>(wish.verb)) {
    case CommonsVerb::acquire:
      return acquire(who, wish);
    case CommonsVerb::release:
      return release(who, wish);
    case CommonsVerb::add:
      return answer(who, CommonsEnding::fulfilled, counters_[wish.name] += wish.amount);
    case CommonsVerb::exchange:
      return answer(who, CommonsEnding::fulfilled,
                    std::exchange(counters_[wish.name], wish.amount));
    case CommonsVerb::put:
      return put(who, wish);
    case CommonsVerb::take:
      return take(who, wish);
    case CommonsVerb::size: {
      const auto queue = queues_.find(wish.name);
      const std::size_t items = queue == queues_.end() ? 0 : queue->second.items.size();
      return answer(who, CommonsEnding::fulfilled, static_cast<std::int64_t>(items));
    }
    case CommonsVerb::withdraw:
      return withdraw(who, wish);
    case CommonsVerb::look: {
      const auto lock = locks_.find(wish.name);
      const bool is_its =
          lock != locks_.end() && lock->second.holder == id && lock->second.fence == wish.amount;
      return answer(who, is_its ? CommonsEnding::fulfilled : CommonsEnding::not_yours);
    }
  }
}

// --- locks ---

void Commons::acquire(Waits who, const CommonsWish& wish) {
  Lock& lock = locks_[wish.name];
  if (!lock.holder) {
    grant(lock, who);
  } else if (wish.waits) {
    lock.waiting.push_back(std::move(who));
  } else {
    answer(who, CommonsEnding::not_now);
  }
}

void Commons::grant(Lock& lock, const Waits& who) {
  lock.holder = who.session;
  answer(who, CommonsEnding::fulfilled, ++lock.fence);
}

void Commons::grant_next(Lock& lock) {
  lock.holder.reset();
  if (lock.waiting.empty()) return;
  const Waits next = std::move(lock.waiting.front());
  lock.waiting.pop_front();
  grant(lock, next);
}

void Commons::release(const Waits& who, const CommonsWish& wish) {
  const auto lock = locks_.find(wish.name);
  if (lock == locks_.end() || lock->second.holder != who.session ||
      lock->second.fence != wish.amount) {
    answer(who, CommonsEnding::not_yours);
    return;
  }
  answer(who, CommonsEnding::fulfilled);
  grant_next(lock->second);
}

// --- queues ---

void Commons::put(Waits who, const CommonsWish& wish) {
  Queue& queue = queues_.try_emplace(wish.name, Queue{}).first->second;
  queue.type = wish.type;
  // Who waits for an item has found none, so there is room. Those before it come first.
  if (queue.putting.empty() && queue.has_room(who.body.size(), who.amount)) {
    queue.add(std::move(who.body));
    answer(who, CommonsEnding::fulfilled);
    let_go_on(wish.name, queue);
  } else if (wish.waits) {
    queue.putting.push_back(std::move(who));
  } else {
    answer(who, CommonsEnding::not_now);
  }
  forget_if_empty(wish.name);
}

void Commons::take(Waits who, const CommonsWish& wish) {
  Queue& queue = queues_.try_emplace(wish.name, Queue{}).first->second;
  queue.type = wish.type;
  if (!queue.items.empty() || wish.waits) {
    queue.taking.push_back(std::move(who));
    let_go_on(wish.name, queue);
  } else {
    answer(who, CommonsEnding::not_now);
  }
  forget_if_empty(wish.name);
}

/// Items go to those who wait for them, and room to those who wait for it, in their order.
void Commons::let_go_on(const std::string& name, Queue& queue) {
  for (;;) {
    if (!queue.taking.empty() && !queue.items.empty()) {
      const Waits taker = std::move(queue.taking.front());
      queue.taking.pop_front();
      hand_over(name, queue, taker, queue.pop());
    } else if (!queue.putting.empty() &&
               queue.has_room(queue.putting.front().body.size(), queue.putting.front().amount)) {
      Waits putter = std::move(queue.putting.front());
      queue.putting.pop_front();
      queue.add(std::move(putter.body));
      answer(putter, CommonsEnding::fulfilled);
    } else {
      return;
    }
  }
}

void Commons::hand_over(const std::string& name, Queue& queue, const Waits& who, std::string item) {
  answer(who, CommonsEnding::fulfilled, 0, std::move(item), name, queue.type);
}

void Commons::forget_if_empty(const std::string& name) {
  const auto queue = queues_.find(name);
  if (queue == queues_.end()) return;
  const Queue& there = queue->second;
  if (there.items.empty() && there.putting.empty() && there.taking.empty()) queues_.erase(queue);
}

// --- all of them ---

void Commons::withdraw(const Waits& who, const CommonsWish& wish) {
  const auto number = static_cast<std::uint64_t>(wish.amount);
  const auto remove = [&](Waiting& waiting) {
    const auto meant = std::find_if(waiting.begin(), waiting.end(), [&](const Waits& waits) {
      return waits.session == who.session && waits.number == number;
    });
    if (meant == waiting.end()) return;
    const Waits waits = std::move(*meant);
    waiting.erase(meant);
    answer(waits, CommonsEnding::not_now);
  };
  answer(who, CommonsEnding::fulfilled);
  if (const auto lock = locks_.find(wish.name); lock != locks_.end()) remove(lock->second.waiting);
  if (const auto queue = queues_.find(wish.name); queue != queues_.end()) {
    remove(queue->second.putting);
    remove(queue->second.taking);
    let_go_on(wish.name, queue->second);  // a small one may have waited behind a large one
    forget_if_empty(wish.name);
  }
}

/// Of one that is gone it isn't known whether it has got what it was given last.
void Commons::end(const Uuid& id, bool gone) {
  if (gone) gone_.insert(id);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const Session session = std::move(found->second);
  sessions_.erase(found);
  for (auto& [name, lock] : locks_) {
    remove_waits(lock.waiting, id);
    if (lock.holder == id) grant_next(lock);
  }
  for (auto& [name, queue] : queues_) {
    remove_waits(queue.putting, id);
    remove_waits(queue.taking, id);
  }
  if (gone) {
    // The last one first, so that they stand in front as they did.
    for (auto answered = session.answered.rbegin(); answered != session.answered.rend();
         ++answered) {
      if (answered->second.queue.empty()) continue;
      Queue& queue = queues_[answered->second.queue];
      if (queue.type.empty()) queue.type = answered->second.type;
      if (queue.type != answered->second.type) continue;
      queue.bytes += answered->second.said.body.size();
      queue.items.push_front(answered->second.said.body);
    }
  }
  std::vector<std::string> names;
  for (auto& [name, queue] : queues_) {
    let_go_on(name, queue);
    names.push_back(name);
  }
  for (const std::string& name : names)
    forget_if_empty(name);
}

void Commons::answer(const Waits& who, CommonsEnding ending, std::int64_t number, std::string body,
                     const std::string& queue, const std::string& type) {
  const auto session = sessions_.find(who.session);
  if (session == sessions_.end()) return;
  CommonsAnswer said{static_cast<std::uint8_t>(ending), number, std::move(body)};
  session->second.answered[who.number] = {said, queue, type};
  answers_.push_back({who.session, who.number, std::move(said)});
}

std::vector<Uuid> Commons::sessions() const {
  std::vector<Uuid> ids;
  for (const auto& [id, session] : sessions_)
    ids.push_back(id);
  return ids;
}

bool Commons::holds_a_lock(const Uuid& session) const {
  return has(session) && std::any_of(locks_.begin(), locks_.end(), [&](const auto& lock) {
           return lock.second.holder == session;
         });
}

std::vector<Commons::LockRow> Commons::lock_rows() const {
  std::vector<LockRow> rows;
  for (const auto& [name, lock] : locks_) {
    if (lock.holder) rows.push_back({name, lock.holder, lock.waiting.size()});
  }
  return rows;
}

std::vector<Commons::QueueRow> Commons::queue_rows() const {
  std::vector<QueueRow> rows;
  for (const auto& [name, queue] : queues_) {
    rows.push_back(
        {name, queue.items.size(), queue.bytes, queue.putting.size(), queue.taking.size()});
  }
  return rows;
}

// --- as it stands in a file ---

CommonsState Commons::state() const {
  CommonsState state;
  std::unordered_map<Uuid, std::uint32_t> places;
  const auto place_of = [&](const Uuid& id) {
    const auto [place, added] =
        places.try_emplace(id, static_cast<std::uint32_t>(state.sessions.size()));
    if (added) state.sessions.push_back({.id = wire::raw(id)});
    return place->second;
  };
  const auto waits = [&](const Waiting& waiting) {
    std::vector<CommonsState::Waits> all;
    for (const Waits& who : waiting)
      all.push_back({place_of(who.session), who.number, who.body, who.amount});
    return all;
  };
  for (const auto& [id, session] : sessions_) {
    CommonsState::Session& there = state.sessions[place_of(id)];
    there.last = session.last;
    for (const auto& [number, answered] : session.answered)
      there.answered.push_back({number, answered.said, answered.queue, answered.type});
  }
  for (const Uuid& id : gone_)
    state.sessions[place_of(id)].gone = true;
  for (const auto& [name, lock] : locks_) {
    CommonsState::Lock there{.name = name, .fence = lock.fence, .waiting = waits(lock.waiting)};
    if (lock.holder) there.holder.push_back(place_of(*lock.holder));
    state.locks.push_back(std::move(there));
  }
  for (const auto& [name, value] : counters_)
    state.counters.push_back({name, value});
  for (const auto& [name, queue] : queues_) {
    state.queues.push_back({.name = name,
                            .type = queue.type,
                            .items = {queue.items.begin(), queue.items.end()},
                            .putting = waits(queue.putting),
                            .taking = waits(queue.taking)});
  }
  return state;
}

Commons::Commons(const CommonsState& state) {
  const auto id_of = [&](std::uint32_t place) {
    return place < state.sessions.size() ? wire::uuid_of(state.sessions[place].id) : Uuid{};
  };
  const auto waiting = [&](const std::vector<CommonsState::Waits>& all) {
    Waiting waits;
    for (const CommonsState::Waits& who : all)
      waits.push_back({id_of(who.session), who.number, who.body, who.amount});
    return waits;
  };
  for (const CommonsState::Session& there : state.sessions) {
    const Uuid id = wire::uuid_of(there.id);
    if (there.gone) {
      gone_.insert(id);
      continue;
    }
    Session& session = sessions_[id];
    session.last = there.last;
    for (const CommonsState::Answered& answered : there.answered)
      session.answered[answered.number] = {answered.answer, answered.queue, answered.type};
  }
  for (const CommonsState::Lock& there : state.locks) {
    Lock& lock = locks_[there.name];
    lock.fence = there.fence;
    lock.waiting = waiting(there.waiting);
    if (!there.holder.empty()) lock.holder = id_of(there.holder.front());
  }
  for (const CommonsState::Counter& there : state.counters)
    counters_[there.name] = there.value;
  for (const CommonsState::Queue& there : state.queues) {
    Queue& queue = queues_[there.name];
    queue.type = there.type;
    for (const std::string& item : there.items)
      queue.add(item);
    queue.putting = waiting(there.putting);
    queue.taking = waiting(there.taking);
  }
}

}  // namespace muster::controller
