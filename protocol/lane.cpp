#include "protocol/lane.hpp"

#include <cassert>
#include <utility>

#include "protocol/body.hpp"
#include "protocol/limits.hpp"

namespace muster::wire {

void Lane::open(std::uint64_t link) {
  assert(link != 0);
  finish_message();
  std::deque<Queued> again;
  for (std::deque<Kept>* all : {&kept_for_streams_, &kept_}) {
    for (Kept& kept : *all)
      again.push_back({std::move(kept.message), std::move(kept.stream)});
    all->clear();
  }
  for (Queued& queued : queued_)
    again.push_back(std::move(queued));
  kept_bytes_ = queued_bytes_ = 0;
  queued_ = std::move(again);
  for (const Queued& queued : queued_)
    queued_bytes_ += queued.message.size();
  streams_.clear();
  for (const Queued& queued : queued_) {
    if (queued.stream) streams_.open_again(queued.stream);
  }
  link_ = link;
  sent_ = applied_ = acknowledged_ = last_with_records_ = applied_said_ = bytes_unsaid_ = 0;
  front_message_ = false;
  owes_ = false;
}

void Lane::close() {
  link_ = 0;
  streams_.clear();
  if (keep_ == Keep::until_applied) return;
  open_message_ = false;
  current_ = {};
  queued_.clear();
  queued_bytes_ = 0;
}

detail::Buffer& Lane::room_for(std::size_t bytes) {
  if (open_message_ && current_.size() + bytes > envelope_bytes + message_bytes_max) {
    finish_message();
  }
  if (!open_message_) {
    current_ = begin_message();
    open_message_ = true;
  }
  return current_;
}

void Lane::append(const Header& header, Bytes options, Bytes body) {
  append_record(room_for(record_bytes(options.size(), body.size())), header, options, body);
}

void Lane::append_first(const Header& header, Bytes options, Bytes body) {
  if (!front_message_) {
    queued_.insert(queued_.begin(), {begin_message(), nullptr});
    queued_bytes_ += envelope_bytes;
    front_message_ = true;
  }
  append_record(queued_.front().message, header, options, body);
  queued_bytes_ += record_bytes(options.size(), body.size());
}

OutgoingStreamPtr Lane::append_streaming(Header header, Bytes options, LargeBodyPtr body) {
  OutgoingStreamPtr stream = streams_.open(std::move(body));
  header.flags |= body_streams;
  const detail::Buffer head = pack(StreamHead{stream->number(), stream->size()});
  if (keep_ == Keep::nothing) {
    append(header, options, head.bytes());
    return stream;
  }
  // In a message of its own, which is kept until the stream is through.
  finish_message();
  append(header, options, head.bytes());
  finish_message();
  queued_.back().stream = stream;
  kept_bodies_ += stream->size();
  kept_sizes_.insert(stream->size());
  return stream;
}

Arrival Lane::receive(const Envelope& envelope, std::size_t bytes, Instant now) {
  if (link_ == 0 || envelope.link != link_) return Arrival::stranger;
  if (envelope.sequence <= applied_) return Arrival::duplicate;
  if (envelope.sequence != applied_ + 1) return Arrival::gap;
  applied_ = envelope.sequence;
  bytes_unsaid_ += bytes;
  if (bytes > envelope_bytes) owes_ = true;
  heard_ = now;
  if (envelope.applied > acknowledged_ && envelope.applied <= sent_) {
    acknowledged_ = envelope.applied;
    streams_.acknowledge(acknowledged_);
    forget_applied();
  }
  return Arrival::next;
}

void Lane::forget_applied() {
  for (; !kept_.empty() && kept_.front().sequence <= acknowledged_; kept_.pop_front()) {
    Kept& kept = kept_.front();
    kept_bytes_ -= kept.message.size();
    if (kept.stream) kept_for_streams_.push_back(std::move(kept));
  }
  if (kept_for_streams_.empty()) return;
  std::erase_if(kept_for_streams_, [this](const Kept& kept) {
    const std::uint64_t last = kept.stream->last_sequence;
    const bool through = last != 0 && last <= acknowledged_;
    if (!through) return false;
    kept_bodies_ -= kept.stream->size();
    kept_sizes_.erase(kept_sizes_.find(kept.stream->size()));
    return true;
  });
}

void Lane::finish_message() {
  if (!open_message_) return;
  queued_bytes_ += current_.size();
  queued_.push_back({std::exchange(current_, {}), nullptr});
  open_message_ = false;
}

bool Lane::acknowledgement_due(bool asked) const {
  if (applied_ == applied_said_) return false;
  // Two idle ends must not acknowledge each other's bare acknowledgements for ever.
  if (!owes_) return false;
  return asked || applied_ - applied_said_ >= ack_after_messages ||
         bytes_unsaid_ >= ack_after_bytes;
}

Envelope Lane::next_envelope(std::uint64_t watermark) {
  applied_said_ = applied_;
  bytes_unsaid_ = 0;
  owes_ = false;
  return Envelope{link_, ++sent_, applied_, watermark};
}

detail::Buffer Lane::seal(Queued& queued, std::uint64_t watermark) {
  detail::Buffer& message = queued.message;
  seal_message(message, next_envelope(watermark));
  front_message_ = false;
  if (message.size() > envelope_bytes) last_with_records_ = sent_;
  if (keep_ == Keep::nothing || message.size() == envelope_bytes) return std::move(message);
  // The copy is kept: a message has more memory than it needs, because it was being filled.
  kept_bytes_ += message.size();
  kept_.push_back({sent_, detail::Buffer::copy_of(message.bytes()), std::move(queued.stream)});
  return std::move(message);
}

Frame Lane::seal(Chunk& chunk, std::uint64_t watermark) {
  detail::Buffer message;
  message.extend(envelope_bytes);
  const Header header{.kind = Kind::chunk, .attempt = chunk.offset, .counter = chunk.stream};
  if (chunk.hash) {
    append_record(message, header, encode(*chunk.hash), {});
  } else {
    append_record(message, header, {}, {});
  }
  seal_message(message, next_envelope(watermark));
  last_with_records_ = sent_;
  return {std::move(message), std::move(chunk.bytes)};
}

/// Their owners have dropped them: a task ended, or is wanted elsewhere.
void Lane::say_abandoned() {
  for (const std::uint64_t stream : streams_.take_abandoned())
    append(Header{.kind = Kind::chunk, .flags = chunk_abandons, .counter = stream});
  finish_message();
}

}  // namespace muster::wire
