#include "client/kept_values.hpp"

#include <iterator>
#include <utility>

#include "protocol/body.hpp"
#include "protocol/large_body.hpp"
#include "protocol/limits.hpp"
#include "protocol/record.hpp"

namespace muster::client {
namespace {

using wire::Header;
using wire::Kind;

std::size_t size_of(const detail::BoundValuePtr& value) {
  return value->body.size() + wire::bound_value_overhead;
}

void say_forgotten(const std::string& name, wire::Lane& lane) {
  lane.append(Header{.kind = Kind::unbind}, wire::bytes_of(name));
}

}  // namespace

bool KeptValues::has_room(const detail::BoundValues& values) const {
  const std::size_t used = bytes_ - idle_bytes_;
  if (used == 0) return true;
  std::size_t more = 0;
  for (const detail::BoundValuePtr& value : values) {
    const auto found = entries_.find(value->name);
    if (found == entries_.end() || found->second.users == 0) more += size_of(value);
  }
  return more == 0 || used + more <= bytes_max_;
}

void KeptValues::use(const detail::BoundValues& values) {
  for (const detail::BoundValuePtr& value : values) {
    const auto [place, added] = entries_.try_emplace(value->name);
    Entry& entry = place->second;
    if (added) {
      entry.value = value;
      bytes_ += size_of(value);
    } else if (entry.users == 0) {
      idle_.erase(entry.idle);
      idle_bytes_ -= size_of(entry.value);
    }
    ++entry.users;
  }
}

void KeptValues::release(const detail::BoundValues& values, wire::Lane* lane) {
  for (const detail::BoundValuePtr& value : values) {
    Entry& entry = entries_.at(value->name);
    if (--entry.users > 0) continue;
    if (value->arguments || value->kept) {
      forget(value->name, lane);
      continue;
    }
    entry.idle = idle_.insert(idle_.end(), entry.value->name);
    idle_bytes_ += size_of(entry.value);
  }
  forget_too_much(lane);
}

/// The one that was used last stays, however large it is: the next call may be the same.
void KeptValues::forget_too_much(wire::Lane* lane) {
  while (bytes_ > bytes_max_ && idle_.size() > 1) {
    const std::string_view name = idle_.front();
    idle_.pop_front();
    idle_bytes_ -= size_of(entries_.at(name).value);
    forget(name, lane);
  }
}

/// One that nobody uses.
void KeptValues::forget(std::string_view name, wire::Lane* lane) {
  const auto found = entries_.find(name);
  const detail::BoundValuePtr value = found->second.value;  // whose name is the key
  if (lane != nullptr && found->second.said) say_forgotten(value->name, *lane);
  entries_.erase(found);
  bytes_ -= size_of(value);
}

void KeptValues::say(const detail::BoundValues& values, wire::Lane& lane) {
  for (const detail::BoundValuePtr& value : values)
    say(entries_.at(value->name), lane);
}

void KeptValues::say_used(wire::Lane& lane) {
  for (auto& [name, entry] : entries_) {
    if (entry.users > 0) say(entry, lane);
  }
}

void KeptValues::say(Entry& entry, wire::Lane& lane) {
  if (std::exchange(entry.said, true)) return;
  const detail::BoundValue& value = *entry.value;
  const Header header{.kind = Kind::bind};
  bytes_said_ += value.body.size();
  if (value.body.size() <= wire::inline_body_max) {
    lane.append(header, wire::bytes_of(value.name), value.body.bytes());
    return;
  }
  auto body = std::make_shared<wire::LargeBody>();
  body->add(wire::SharedBytes(entry.value, value.body.bytes()));
  entry.stream = lane.append_streaming(header, wire::bytes_of(value.name), std::move(body));
}

void KeptValues::listed(const std::vector<std::string>& names, wire::Lane& lane) {
  for (const std::string& name : names) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      say_forgotten(name, lane);
    } else {
      found->second.said = true;
    }
  }
}

void KeptValues::link_is_over() {
  for (auto& [name, entry] : entries_) {
    entry.said = false;
    entry.stream.reset();
  }
}

void KeptValues::clear() {
  idle_.clear();
  entries_.clear();
  bytes_ = idle_bytes_ = 0;
}

}  // namespace muster::client
