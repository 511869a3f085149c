#include "protocol/peer_link.hpp"

#include <algorithm>
#include <utility>

#include "protocol/limits.hpp"

namespace muster::wire {
namespace {

/// An unanswered HELLO is said again after this long. Longer than any round trip, because each one
/// ends the link that the one before it has opened.
constexpr std::chrono::milliseconds hello_interval{2000};

}  // namespace

PeerLink::PeerLink(Hello hello, Lane::Keep keep)
    : hello_(std::move(hello)),
      has_task_socket_(hello_.role == static_cast<std::uint8_t>(Role::client) ||
                       hello_.role == static_cast<std::uint8_t>(Role::engine)),
      task_(has_task_socket_ ? keep : Lane::Keep::nothing),
      control_(has_task_socket_ ? Lane::Keep::nothing : keep) {
  hello_.version = protocol_version;
}

void PeerLink::restart(Instant now) {
  if (state_ == State::ended) return;
  state_ = State::greeting;
  task_.close();
  control_.close();
  next_hello_ = now;
  tick(now);
}

void PeerLink::greet(Instant now) {
  hello_.clock = nanoseconds_of(now);
  hello_.fresh = links_opened_ == 0;
  detail::Buffer frame = begin_message();
  const detail::Buffer body = pack(hello_);
  append_record(frame, Header{.kind = Kind::hello}, {}, body.bytes());
  seal_message(frame, Envelope{});
  greetings_.push_back(std::move(frame));
  next_hello_ = now + hello_interval;
}

bool PeerLink::receive_greeting(const Message& message, Instant now) {
  RecordReader reader(message.records);
  Record record;
  if (!reader.next(record)) return false;
  // What the controller says outside of a link names the link that it means, if there was one.
  if (record.kind == Kind::goodbye || record.kind == Kind::stale) {
    // To be told that an older link is stale while greeting is old news: HELLO has been said.
    const bool meant = open() ? record.attempt == control_.link() : record.kind == Kind::goodbye;
    if (meant) apply_own(record, now);
    return false;
  }
  if (record.kind != Kind::welcome || state_ != State::greeting || message.link == 0) return false;
  std::optional<Welcome> welcome = unpack<Welcome>(record.body);
  if (!welcome || welcome->echo != hello_.clock) return false;  // the answer to an older HELLO
  welcome_ = std::move(*welcome);
  state_ = State::open;
  ++links_opened_;
  control_.open(message.link);
  control_.receive(message, 0, now);
  if (has_task_socket_) {
    task_.open(message.link);
    task_.append_first(Header{.kind = Kind::attach, .attempt = message.link});
  }
  clock_.measure(welcome_.echo, welcome_.clock, nanoseconds_of(now));
  next_beat_ = now + heartbeat_interval;
  task_silence_since_ = now;
  return true;
}

void PeerLink::apply_own(const Record& record, Instant now) {
  switch (record.kind) {
    case Kind::goodbye:
      state_ = State::ended;
      farewell_ = text_of(record.body);
      task_.close();
      control_.close();
      greetings_.clear();
      break;
    case Kind::stale:
      restart(now);
      break;
    case Kind::heartbeat:
      if (const auto beat = unpack<Heartbeat>(record.body); beat && beat->echo != 0) {
        clock_.measure(beat->echo, beat->clock, nanoseconds_of(now));
      }
      break;
    default:
      break;  // hello and welcome open links; inside one they mean nothing
  }
}

bool PeerLink::tick(Instant now) {
  if (state_ == State::ended) return false;
  if (state_ == State::greeting) {
    if (now >= next_hello_) greet(now);
    return false;
  }
  if (now - control_.heard() > suspect_after) {
    restart(now);
    return false;
  }
  // Rule 2: control may be healthy while the task socket is dead. Only messages that were sent and
  // not applied for the suspect time prove it.
  if (!task_.awaits_acknowledgement()) task_silence_since_ = now;
  if (now - std::max(task_silence_since_, task_.heard()) > suspect_after) {
    restart(now);
    return false;
  }
  return now >= next_beat_;
}

Instant PeerLink::deadline() const {
  if (state_ == State::ended) return Instant::max();
  return state_ == State::greeting ? next_hello_ : next_beat_;
}

void PeerLink::beat(Heartbeat heartbeat, Instant now) {
  heartbeat.clock = nanoseconds_of(now);
  const detail::Buffer body = pack(heartbeat);
  control_.append(Header{.kind = Kind::heartbeat}, {}, body.bytes());
  acknowledge_ = true;
  next_beat_ = now + heartbeat_interval;
}

}  // namespace muster::wire
