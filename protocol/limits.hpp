#pragma once
// Every bound of the wire, with its reason. WELCOME repeats those that a peer has to keep (rule 4).

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace muster::wire {

/// The protocol's version; a peer of another one is refused in its first message.
inline constexpr std::uint32_t protocol_version = 1;

/// Records of one message. Small enough that a message never holds up the small tasks behind it,
/// large enough that the cost of a message (wake-ups, frames) disappears among its records.
inline constexpr std::size_t message_bytes_max = std::size_t{256} << 10;

/// What a socket accepts at all: a message and room for a peer that counts differently.
inline constexpr std::int64_t frame_bytes_max = 4 * std::int64_t{message_bytes_max};

/// The options block of one record.
inline constexpr std::size_t options_bytes_max = 4096;

/// Acknowledgements that find no message to ride on go alone after this much (rule 3).
inline constexpr std::uint64_t ack_after_messages = 64;
inline constexpr std::uint64_t ack_after_bytes = std::uint64_t{1} << 20;

/// Heartbeats, and what their absence means (rule 31).
inline constexpr std::chrono::milliseconds heartbeat_interval{1000};
inline constexpr std::chrono::milliseconds suspect_after{5000};
inline constexpr std::chrono::milliseconds dead_after{15000};

/// How long a dead process's last outcomes are waited for (rule 12).
inline constexpr std::chrono::milliseconds late_news_wait{50};

/// A task that has run this long is reported as running (rule 19).
inline constexpr std::chrono::milliseconds running_after{10};

}  // namespace muster::wire
