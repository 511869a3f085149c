#pragma once
// Bodies for tests of streams: bytes that tell their place.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/outgoing_streams.hpp"

namespace muster::wire {

inline detail::Buffer body_of(std::size_t bytes, std::uint32_t seed = 1) {
  detail::Buffer body;
  std::byte* at = body.extend(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    seed = seed * 1664525u + 1013904223u;
    at[i] = static_cast<std::byte>(seed >> 24);
  }
  return body;
}

/// Every chunk that may be sent without an acknowledgement, each in its message from `sequence` on.
inline std::vector<Chunk> all_chunks(OutgoingStreams& streams, std::uint64_t sequence = 1) {
  std::vector<Chunk> chunks;
  while (streams.may_send()) {
    if (auto chunk = streams.next(sequence++)) chunks.push_back(std::move(*chunk));
  }
  return chunks;
}

}  // namespace muster::wire
