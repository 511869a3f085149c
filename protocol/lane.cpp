#include "protocol/lane.hpp"

#include <cassert>
#include <utility>

#include "protocol/limits.hpp"

namespace muster::wire {

void Lane::open(std::uint64_t link) {
  assert(link != 0);
  finish_message();
  std::vector<detail::Buffer> again;
  for (Kept& kept : kept_)
    again.push_back(std::move(kept.message));
  for (detail::Buffer& message : queued_)
    again.push_back(std::move(message));
  kept_.clear();
  kept_bytes_ = 0;
  queued_ = std::move(again);
  link_ = link;
  sent_ = applied_ = acknowledged_ = last_with_records_ = applied_said_ = bytes_unsaid_ = 0;
  front_message_ = false;
  owes_ = false;
}

void Lane::close() {
  link_ = 0;
  if (keep_ == Keep::until_applied) return;
  open_message_ = false;
  queued_.clear();
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
    queued_.insert(queued_.begin(), begin_message());
    front_message_ = true;
  }
  append_record(queued_.front(), header, options, body);
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
    while (!kept_.empty() && kept_.front().sequence <= acknowledged_) {
      kept_bytes_ -= kept_.front().message.size();
      kept_.pop_front();
    }
  }
  return Arrival::next;
}

void Lane::finish_message() {
  if (!open_message_) return;
  queued_.push_back(std::move(current_));
  current_ = {};
  open_message_ = false;
}

bool Lane::acknowledgement_due(bool asked) const {
  if (applied_ == applied_said_) return false;
  // Two idle ends must not acknowledge each other's bare acknowledgements for ever.
  if (!owes_) return false;
  return asked || applied_ - applied_said_ >= ack_after_messages ||
         bytes_unsaid_ >= ack_after_bytes;
}

detail::Buffer Lane::seal(detail::Buffer& message, std::uint64_t watermark) {
  seal_message(message, Envelope{link_, ++sent_, applied_, watermark});
  applied_said_ = applied_;
  bytes_unsaid_ = 0;
  owes_ = false;
  front_message_ = false;
  if (message.size() > envelope_bytes) last_with_records_ = sent_;
  if (keep_ == Keep::nothing || message.size() == envelope_bytes) return std::move(message);
  detail::Buffer copy = detail::Buffer::copy_of(message.bytes());
  kept_bytes_ += message.size();
  kept_.push_back({sent_, std::move(message)});
  return copy;
}

}  // namespace muster::wire
