#pragma once
// The bodies that arrive in chunks on one lane, each with the record that announced it. Only a
// whole one is given out (rule 21).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/body_hash.hpp"
#include "protocol/record.hpp"
#include "protocol/shared_bytes.hpp"

namespace muster::wire {

/// A record whose body streams beside it. `header` is as if the body were in the record.
template <class Body>
struct Arriving {
  Header header;
  detail::Buffer options;
  std::uint64_t length = 0;
  Body body;
};

/// What a chunk is to its stream, of which `there` bytes of `length` have come before.
enum class ChunkStep {
  wrong,  ///< nobody who follows the protocol sends it
  more,   ///< the next part; others follow
  whole,  ///< the last part, with the hash
};
ChunkStep step_of(const Record& chunk, std::size_t bytes, std::uint64_t there,
                  std::uint64_t length);
/// The announcement in a record with the flag body_streams; nullopt when there can be no such
/// stream after that of `last_number`.
std::optional<StreamHead> announced_by(const Record& record, std::uint64_t last_number);

/// `Body` is told the length (expect), takes pieces (add) and the hash that its sender found (end).
template <class Body>
class IncomingStreams {
 public:
  /// A record with the flag body_streams. False when it announces no stream that can be.
  bool open(const Record& record) {
    const auto head = announced_by(record, last_number_);
    if (!head) return false;
    last_number_ = head->stream;
    Arriving<Body> arriving;
    arriving.header = record;
    arriving.header.flags &= static_cast<std::uint8_t>(~body_streams);
    arriving.options = detail::Buffer::copy_of(record.options);
    arriving.length = head->length;
    arriving.body.expect(head->length);
    streams_.emplace(head->stream, std::move(arriving));
    return true;
  }

  /// A chunk, or the news that its stream was abandoned. False when it can't be true: then the link
  /// is as good as malformed. `whole` is called, with the Arriving, when this was the last chunk.
  template <class Whole>
  bool take(const Record& record, const SharedBytes& bytes, Whole&& whole) {
    const auto found = streams_.find(record.counter);
    // One that this side has dropped may go on for a while.
    if (found == streams_.end()) return record.counter <= last_number_;
    if (record.flags == chunk_abandons) {
      streams_.erase(found);
      return true;
    }
    Arriving<Body>& arriving = found->second;
    const ChunkStep step = step_of(record, bytes.size(), arriving.body.size(), arriving.length);
    if (step == ChunkStep::wrong) return false;
    arriving.body.add(bytes);
    if (step == ChunkStep::more) return true;
    if (const auto hash = decode_body_hash(record.options)) arriving.body.end(*hash);
    Arriving<Body> arrived = std::move(arriving);
    streams_.erase(found);
    whole(std::move(arrived));
    return true;
  }

  /// Chunks of this one are ignored from now on.
  void drop(std::uint64_t stream) { streams_.erase(stream); }
  /// Drops those whose announcing record this holds of; says whether there was one.
  template <class Matches>
  bool drop_if(Matches&& matches) {
    return std::erase_if(streams_,
                         [&](const auto& entry) { return matches(entry.second.header); }) != 0;
  }
  template <class Matches>
  bool any(Matches&& matches) const {
    for (const auto& [number, arriving] : streams_) {
      if (matches(arriving.header)) return true;
    }
    return false;
  }
  /// One is announced by a record with these options.
  bool any_options(Bytes options) const {
    for (const auto& [number, arriving] : streams_) {
      if (std::ranges::equal(arriving.options.bytes(), options)) return true;
    }
    return false;
  }
  template <class See>
  void for_each(See&& see) const {
    for (const auto& [number, arriving] : streams_)
      see(arriving.header);
  }
  bool empty() const { return streams_.empty(); }
  /// The link is over.
  void clear() {
    streams_.clear();
    last_number_ = 0;
  }
  std::uint64_t last_number() const { return last_number_; }

 private:
  std::unordered_map<std::uint64_t, Arriving<Body>> streams_;
  std::uint64_t last_number_ = 0;
};

}  // namespace muster::wire
