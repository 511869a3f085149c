#pragma once
// A message: one frame that begins with the link's envelope and carries records.

#include <cstddef>
#include <cstdint>
#include <optional>

#include <muster/detail/buffer.hpp>

#include "protocol/record.hpp"

namespace muster::wire {

/// What every message says before its records (rules 1, 3 and 10).
struct Envelope {
  std::uint64_t link = 0;       ///< 0 only around HELLO, and around what answers a stranger
  std::uint64_t sequence = 0;   ///< counts the messages of one socket and direction, from 1
  std::uint64_t applied = 0;    ///< the highest sequence applied from the other side, same socket
  std::uint64_t watermark = 0;  ///< clients: the lowest counter whose outcome they lack
};

inline constexpr std::size_t envelope_bytes = 40;

struct Message : Envelope {
  Bytes records;
};

/// nullopt when the frame doesn't begin with an envelope.
std::optional<Message> read_message(Bytes frame);

/// A message being written: room for the envelope, then records.
detail::Buffer begin_message();
/// Writes the envelope into the room that begin_message left. May be repeated, to send the same
/// records on another link.
void seal_message(detail::Buffer& message, const Envelope& envelope);

}  // namespace muster::wire
