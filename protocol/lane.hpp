#pragma once
// One socket's half of a link: sequences, acknowledgements, and the message being filled.

#include <chrono>
#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/frame.hpp"
#include "protocol/limits.hpp"
#include "protocol/message.hpp"
#include "protocol/outgoing_streams.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

using Instant = std::chrono::steady_clock::time_point;

/// What a received message is to a lane.
enum class Arrival {
  next,       ///< the one that was due: apply its records
  duplicate,  ///< applied before: drop it
  gap,        ///< one is missing for good: the link is over
  stranger,   ///< of another link: drop it
};

/// Packs records into messages and numbers them. Both ends have one for each socket of a link.
/// A lane that keeps its messages holds each until the other side says that it applied it; that is
/// how outcomes survive the end of a link. Large bodies travel beside their records, in chunks that
/// go between the messages (protocol/outgoing_streams.hpp).
class Lane {
 public:
  enum class Keep { nothing, until_applied };
  /// What is kept may be on its way all at once, or no more of it than limits.hpp says.
  enum class Send { at_once, in_window };

  explicit Lane(Keep keep = Keep::nothing, Send send = Send::at_once)
      : keep_(keep), in_window_(send == Send::in_window) {}

  /// A new link begins: sequences start again. What was kept, or written since the last link ended
  /// by a lane that keeps, is queued to be sent again, in order, before anything else.
  void open(std::uint64_t link);
  /// The link is over. What waits to be sent is dropped, unless this lane keeps its messages.
  void close();
  bool is_open() const { return link_ != 0; }
  std::uint64_t link() const { return link_; }

  /// Where the next record of at most `bytes` goes. Begins a new message when the current one would
  /// exceed the limit, so records stay in order.
  detail::Buffer& room_for(std::size_t bytes);
  void append(const Header& header, Bytes options = {}, Bytes body = {});
  /// The same, but in front of what is kept for resending. Only right after open().
  void append_first(const Header& header, Bytes options = {}, Bytes body = {});

  /// A record whose body streams beside it. The stream ends when its owner drops it; a lane that
  /// keeps its messages owns it too, until the other side has applied all of it.
  OutgoingStreamPtr append_streaming(Header header, Bytes options, LargeBodyPtr body);

  /// Sequence that a record appended now will travel under.
  std::uint64_t next_sequence() const { return sent_ + queued_.size() + 1; }
  /// True when records wait for take().
  bool has_output() const { return open_message_ || !queued_.empty(); }
  /// True when take() should be called for the sake of streams: a chunk may be sent, or the other
  /// side may be waiting for an acknowledgement.
  bool streams_move() const { return streams_.may_send() || acknowledgement_due(false); }
  /// True while chunks of ours wait or aren't acknowledged.
  bool streaming() const { return streams_.active(); }

  /// Applies a received envelope. `bytes` is the whole message's size. For Arrival::next the caller
  /// applies the records at once.
  Arrival receive(const Envelope& envelope, std::size_t bytes, Instant now);

  /// Hands the messages that wait, sealed, to `send` (a callable on Frame&&), as many as may be on
  /// their way, then chunks; nothing while closed. Lanes that have nothing to send send a bare
  /// acknowledgement if one is due, or if `acknowledge` asks for it and anything is unacknowledged.
  template <class SendFrame>
  void take(std::uint64_t watermark, bool acknowledge, SendFrame&& send) {
    if (!is_open()) return;
    send_messages(watermark, send);
    // A chunk never goes before the record that announces it.
    while (queued_.empty() && streams_.may_send()) {
      if (std::optional<Chunk> chunk = streams_.next(sent_ + 1)) send(seal(*chunk, watermark));
    }
    if (streams_.any_abandoned()) {
      say_abandoned();
      send_messages(watermark, send);
    }
    if (acknowledgement_due(acknowledge)) {
      Queued bare{begin_message(), nullptr};
      send(Frame(seal(bare, watermark)));
    }
  }

  std::uint64_t sent() const { return sent_; }
  std::uint64_t applied() const { return applied_; }
  /// The highest of our sequences that the other side has applied.
  std::uint64_t acknowledged() const { return acknowledged_; }
  /// True when a message with records is out that the other side hasn't applied yet. Bare
  /// acknowledgements are never acknowledged themselves.
  bool awaits_acknowledgement() const { return acknowledged_ < last_with_records_; }
  std::size_t kept() const { return kept_.size() + kept_for_streams_.size(); }
  /// With the bodies that stream, also those of records that no link has taken yet.
  std::size_t kept_bytes() const { return kept_bytes_ + kept_bodies_; }
  /// Memory for all that the other side hasn't applied, sent or not, with the bodies that stream.
  std::size_t unapplied_bytes() const {
    return kept_bytes() + queued_bytes_ + current_.size() +
           kept_message_overhead * (kept() + queued_.size());
  }
  /// What this side may not forget, also what no link has taken yet, without the largest body.
  std::size_t kept_beside_largest() const {
    return kept_bytes() + queued_bytes_ + current_.size() -
           (kept_sizes_.empty() ? 0 : *kept_sizes_.rbegin());
  }
  Instant heard() const { return heard_; }

 private:
  struct Queued {
    detail::Buffer message;
    OutgoingStreamPtr stream;  // of its only record; mostly none
  };
  struct Kept {
    std::uint64_t sequence;
    detail::Buffer message;
    OutgoingStreamPtr stream;
  };

  bool may_send_message() const {
    return !in_window_ || (kept_.size() < lane_window_messages && kept_bytes_ < lane_window_bytes);
  }
  template <class SendFrame>
  void send_messages(std::uint64_t watermark, SendFrame&& send) {
    if (may_send_message()) finish_message();
    std::size_t sent = 0;
    for (; sent < queued_.size() && may_send_message(); ++sent) {
      queued_bytes_ -= queued_[sent].message.size();
      send(Frame(seal(queued_[sent], watermark)));
    }
    queued_.erase(queued_.begin(), queued_.begin() + static_cast<std::ptrdiff_t>(sent));
  }
  void finish_message();
  bool acknowledgement_due(bool asked) const;
  Envelope next_envelope(std::uint64_t watermark);
  detail::Buffer seal(Queued& queued, std::uint64_t watermark);
  Frame seal(Chunk& chunk, std::uint64_t watermark);
  void say_abandoned();
  void forget_applied();

  Keep keep_;
  bool in_window_;
  std::uint64_t link_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t applied_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t last_with_records_ = 0;
  std::uint64_t applied_said_ = 0;
  std::uint64_t bytes_unsaid_ = 0;
  bool owes_ = false;  // records were applied that no message of ours has acknowledged
  Instant heard_{};
  bool open_message_ = false;   // current_ has records
  bool front_message_ = false;  // queued_.front() was made by append_first
  detail::Buffer current_;
  std::deque<Queued> queued_;
  std::size_t queued_bytes_ = 0;
  std::deque<Kept> kept_;
  std::deque<Kept> kept_for_streams_;  // applied, but what streams beside them isn't
  std::size_t kept_bytes_ = 0;
  std::size_t kept_bodies_ = 0;
  std::multiset<std::size_t> kept_sizes_;  // of these bodies
  OutgoingStreams streams_;
};

}  // namespace muster::wire
