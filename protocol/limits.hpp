#pragma once
// Every bound of the wire, with its reason. WELCOME repeats those that a peer has to keep (rule 4).

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace muster::wire {

/// The protocol's version; a peer of another one is refused in its first message.
inline constexpr std::uint32_t protocol_version = 2;

/// Records of one message. Small enough that a message never holds up the small tasks behind it,
/// large enough that the cost of a message (wake-ups, frames) disappears among its records.
inline constexpr std::size_t message_bytes_max = std::size_t{256} << 10;

/// A body of more than this leaves its record and travels beside it, in chunks (rule 21): three
/// records of this size still share a message. An array of 64 KiB, which is a usual size, is below
/// it with its header.
inline constexpr std::size_t inline_body_max = std::size_t{65} << 10;

/// A part of a body, which is a message of its own. Small enough that the memory for it is used
/// again instead of being fetched from the system each time, which is what makes whole bodies slow.
inline constexpr std::size_t chunk_bytes_max = std::size_t{256} << 10;

/// Chunks of one lane that may be on their way. What a small record waits for at most, and enough
/// that neither side ever waits for the other.
inline constexpr std::size_t stream_window_bytes = 4 * chunk_bytes_max;

/// Bodies of one lane that take turns.
inline constexpr std::size_t streams_at_once = 4;

/// The largest body: an array in it has a length of 32 bits, with its header.
inline constexpr std::uint64_t body_bytes_max =
    (std::uint64_t{4} << 30) - (std::uint64_t{64} << 10);

/// Bodies of a session's open tasks, together, at which its client stops submitting; the last one
/// may exceed it.
inline constexpr std::size_t session_bytes_max = std::size_t{256} << 20;

/// Bound values that a client keeps, and the controller with it, beside those that open tasks name;
/// and that an engine's process keeps.
inline constexpr std::size_t bound_values_max = std::size_t{1} << 30;
/// What keeping one costs beside its bytes.
inline constexpr std::size_t bound_value_overhead = 256;
/// One of at least this much goes to each host once, where its node puts it into memory that the
/// engines' processes there share. Smaller ones are there sooner on an engine's own link.
inline constexpr std::size_t host_value_min = std::size_t{1} << 20;
/// Of one call. Their names have to fit into its options.
inline constexpr std::size_t bound_values_per_call = 32;

/// An engine that keeps this much of outcomes which the controller hasn't taken starts nothing
/// more. One body beside that doesn't count: small tasks pass it, however large it is.
inline constexpr std::size_t kept_outcomes_max = std::size_t{64} << 20;

/// Outcomes of one session that its client hasn't taken, at which its tasks get no further dispatch
/// (rule 23). A client that reads is never that far behind; one that is stopped keeps what its
/// engines have ended by then, and no more.
inline constexpr std::size_t session_outcomes_max = std::size_t{256} << 20;
/// The same of all sessions together: what any machine with a cluster on it can spare.
inline constexpr std::size_t outcomes_max = std::size_t{2} << 30;
/// However little is left of that, a session may have this much: a client that reads says so
/// before it is reached, so that others' outcomes never hold up its tasks.
inline constexpr std::size_t session_outcomes_min = stream_window_bytes;
/// What keeping a message costs beside its bytes.
inline constexpr std::size_t kept_message_overhead = 256;

/// What may be missed, as the output of a task that goes on, isn't said while so much waits for the
/// other side: on a link that is there it never does.
inline constexpr std::size_t unapplied_news_max = std::size_t{1} << 20;
/// The same in front of a client: output of its tasks is kept for it up to here, then dropped.
inline constexpr std::size_t client_news_max = std::size_t{32} << 20;

/// What a client's lane has on its way at most: the rest waits in it, packed, so that an outcome
/// that a stopped client doesn't take is in memory once. Many times what acknowledgements need.
inline constexpr std::size_t lane_window_bytes = std::size_t{8} << 20;
inline constexpr std::size_t lane_window_messages = 1024;

/// A part of an image's file, which is one record: two of them share a message.
inline constexpr std::size_t part_bytes_max = message_bytes_max / 2 - 1024;

/// Parts that one receiver has asked for at once. What a heartbeat waits for at most on its way.
inline constexpr std::size_t parts_at_once = 8;

/// The largest file of an image. Above it a program is a mistake, or data in disguise.
inline constexpr std::uint64_t image_file_max = std::uint64_t{16} << 30;

/// Files of one image: a program and the libraries that travel with it.
inline constexpr std::size_t image_parts_max = 1024;

/// What a socket accepts at all: a message and room for a peer that counts differently.
inline constexpr std::int64_t frame_bytes_max = 4 * std::int64_t{message_bytes_max};

/// The options block of one record.
inline constexpr std::size_t options_bytes_max = 4096;

/// Acknowledgements that find no message to ride on go alone after this much (rule 3): half of what
/// streams may have on its way, so that they never stand still for want of one.
inline constexpr std::uint64_t ack_after_messages = 64;
inline constexpr std::uint64_t ack_after_bytes = stream_window_bytes / 2;

/// Heartbeats, and what their absence means (rule 31).
inline constexpr std::chrono::milliseconds heartbeat_interval{1000};
inline constexpr std::chrono::milliseconds suspect_after{5000};
inline constexpr std::chrono::milliseconds dead_after{15000};

/// A controller that was started again waits this long for those that it knew, with what they hold,
/// before it gives their tasks to others (rule 7).
inline constexpr std::chrono::seconds recovery_wait{15};
/// Both sides of a client wait this long for each other (rule 29): the client before it gives the
/// controller up, and a controller that was started again for clients whose tasks engines hold.
inline constexpr std::chrono::seconds client_wait{60};
/// How long a node stays without its controller (rule 27).
inline constexpr std::chrono::minutes node_lease{10};

/// Addressed tasks that an engine remembers having started, so that none is run twice (rule 17).
inline constexpr std::size_t begun_remembered_max = 4096;

/// How long the report of a process that a node has to end is waited for.
inline constexpr std::chrono::milliseconds end_wait{5000};
/// How long a dead process's last outcomes are waited for (rule 12).
inline constexpr std::chrono::milliseconds late_news_wait{50};

/// A task that has run this long is reported as running (rule 19).
inline constexpr std::chrono::milliseconds running_after{10};

/// What is past a time limit was asked to stop, and is ended by force after this much longer:
/// enough to close files and return.
inline constexpr std::chrono::milliseconds stop_grace{1000};
/// And this much later by the node, if the engine's process didn't end itself.
inline constexpr std::chrono::milliseconds node_grace{1000};

}  // namespace muster::wire
