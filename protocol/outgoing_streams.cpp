#include "protocol/outgoing_streams.hpp"

#include <algorithm>
#include <cassert>

namespace muster::wire {

Chunk OutgoingStream::next() {
  assert(!sent_whole());
  const SharedBytes& piece = body_->pieces()[piece_];
  Chunk chunk;
  chunk.stream = number_;
  chunk.offset = offset_;
  chunk.bytes = piece.part(piece_offset_, std::min(chunk_bytes_max, piece.size() - piece_offset_));
  piece_offset_ += chunk.bytes.size();
  offset_ += chunk.bytes.size();
  if (piece_offset_ == piece.size()) {
    ++piece_;
    piece_offset_ = 0;
  }
  if (!body_->hash()) hasher_.add(chunk.bytes.bytes());
  if (sent_whole()) chunk.hash = body_->hash() ? body_->hash() : hasher_.finish();
  return chunk;
}

void OutgoingStream::restart() {
  piece_ = piece_offset_ = offset_ = last_sequence = 0;
  hasher_ = {};
}

OutgoingStreamPtr OutgoingStreams::open(LargeBodyPtr body) {
  auto stream = std::make_shared<OutgoingStream>(++last_number_, std::move(body));
  line_.push_back({stream->number(), stream});
  return stream;
}

void OutgoingStreams::open_again(const OutgoingStreamPtr& stream) {
  stream->restart();
  line_.push_back({stream->number(), stream});
}

void OutgoingStreams::clear() {
  line_.clear();
  on_the_way_.clear();
  unacknowledged_ = 0;
  abandoned_.clear();
}

std::optional<Chunk> OutgoingStreams::next(std::uint64_t sequence) {
  while (!line_.empty()) {
    if (turn_ >= std::min(line_.size(), streams_at_once)) turn_ = 0;
    const auto place = line_.begin() + static_cast<std::ptrdiff_t>(turn_);
    const OutgoingStreamPtr stream = place->stream.lock();
    if (!stream) {
      abandoned_.push_back(place->number);
      line_.erase(place);
      continue;
    }
    Chunk chunk = stream->next();
    on_the_way_.push_back({sequence, chunk.bytes.size()});
    unacknowledged_ += chunk.bytes.size();
    if (stream->sent_whole()) {
      stream->last_sequence = sequence;
      line_.erase(place);
    } else {
      ++turn_;
    }
    return chunk;
  }
  return std::nullopt;
}

void OutgoingStreams::acknowledge(std::uint64_t sequence) {
  while (!on_the_way_.empty() && on_the_way_.front().sequence <= sequence) {
    unacknowledged_ -= on_the_way_.front().bytes;
    on_the_way_.pop_front();
  }
}

}  // namespace muster::wire
