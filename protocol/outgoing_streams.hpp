#pragma once
// The bodies that one lane sends in chunks: which goes next, and how much may be on its way.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/body_hash.hpp"
#include "protocol/large_body.hpp"
#include "protocol/limits.hpp"
#include "protocol/shared_bytes.hpp"

namespace muster::wire {

/// A part of a body, and where it belongs.
struct Chunk {
  std::uint64_t stream = 0;
  std::uint64_t offset = 0;
  SharedBytes bytes;
  std::optional<BodyHash> hash;  ///< of the whole body, with its last chunk
};

/// One body on its way. Whoever drops it abandons the stream: no further chunk is sent, and the
/// other side is told.
class OutgoingStream {
 public:
  OutgoingStream(std::uint64_t number, LargeBodyPtr body)
      : number_(number), body_(std::move(body)) {}

  std::uint64_t number() const { return number_; }
  std::size_t size() const { return body_->size(); }
  bool sent_whole() const { return offset_ == body_->size(); }
  /// Requires !sent_whole().
  Chunk next();
  /// At zero, for a new link.
  void restart();

  /// The message that carried the last chunk; 0 before it was sent.
  std::uint64_t last_sequence = 0;

 private:
  std::uint64_t number_;
  LargeBodyPtr body_;
  std::size_t piece_ = 0;         // the one that is being sent
  std::size_t piece_offset_ = 0;  // how much of it has been
  std::uint64_t offset_ = 0;      // how much of the body has been
  BodyHasher hasher_;             // unused where the hash is known
};

using OutgoingStreamPtr = std::shared_ptr<OutgoingStream>;

/// The streams take turns, a few at a time in the order in which they were opened, so that the
/// first is whole long before the last one begins.
class OutgoingStreams {
 public:
  /// A new stream, last in line. Its number is new in this lane, on this link and on later ones.
  OutgoingStreamPtr open(LargeBodyPtr body);
  /// Sends this one from its beginning.
  void open_again(const OutgoingStreamPtr& stream);
  /// The link is over: nothing is on its way.
  void clear();

  /// A chunk may be sent now.
  bool may_send() const {
    return !line_.empty() && unacknowledged_ + chunk_bytes_max <= stream_window_bytes;
  }
  /// The next chunk; nullopt when none is left. Its message has this sequence.
  std::optional<Chunk> next(std::uint64_t sequence);
  /// The other side has applied everything up to this.
  void acknowledge(std::uint64_t sequence);

  /// True while chunks wait to be sent or to be acknowledged.
  bool active() const { return !line_.empty() || !on_the_way_.empty(); }
  /// Streams that were abandoned since the last call.
  std::vector<std::uint64_t> take_abandoned() { return std::exchange(abandoned_, {}); }
  bool any_abandoned() const { return !abandoned_.empty(); }

 private:
  struct InLine {
    std::uint64_t number;
    std::weak_ptr<OutgoingStream> stream;
  };
  struct OnTheWay {
    std::uint64_t sequence;
    std::size_t bytes;
  };

  std::uint64_t last_number_ = 0;
  std::deque<InLine> line_;
  std::size_t turn_ = 0;
  std::deque<OnTheWay> on_the_way_;
  std::size_t unacknowledged_ = 0;
  std::vector<std::uint64_t> abandoned_;
};

}  // namespace muster::wire
