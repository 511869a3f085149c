#include "protocol/message.hpp"

#include <cassert>
#include <cstring>

#include "protocol/fixed_field.hpp"

namespace muster::wire {
namespace {

constexpr std::byte array_of_seven{0x97};
constexpr std::size_t link_at = 1;
constexpr std::size_t sequence_at = 10;
constexpr std::size_t applied_at = 19;
constexpr std::size_t watermark_at = 28;
// Three nils fill the envelope to 40 bytes, so that bodies keep their alignment.
constexpr std::size_t filler_at = 37;

}  // namespace

std::optional<Message> read_message(Bytes frame) {
  const std::byte* at = frame.data();
  if (frame.size() < envelope_bytes || at[0] != array_of_seven ||
      !has_tag(at + link_at, Tag::u64) || !has_tag(at + sequence_at, Tag::u64) ||
      !has_tag(at + applied_at, Tag::u64) || !has_tag(at + watermark_at, Tag::u64)) {
    return std::nullopt;
  }
  for (std::size_t i = filler_at; i < envelope_bytes; ++i) {
    if (!has_tag(at + i, Tag::nil)) return std::nullopt;
  }
  Message message;
  message.link = get_number<std::uint64_t>(at + link_at + 1);
  message.sequence = get_number<std::uint64_t>(at + sequence_at + 1);
  message.applied = get_number<std::uint64_t>(at + applied_at + 1);
  message.watermark = get_number<std::uint64_t>(at + watermark_at + 1);
  message.records = frame.subspan(envelope_bytes);
  return message;
}

detail::Buffer begin_message() {
  // Room for a few dozen small tasks: growing copies, and an allocation of this size costs the same
  // as one of the envelope alone.
  constexpr std::size_t usual_bytes = std::size_t{1} << 13;
  detail::Buffer message;
  message.reserve(usual_bytes);
  message.extend(envelope_bytes);
  return message;
}

void seal_message(detail::Buffer& message, const Envelope& envelope) {
  assert(message.size() >= envelope_bytes);
  std::byte* at = message.data();
  at[0] = array_of_seven;
  put_tag(at + link_at, Tag::u64);
  put_number(at + link_at + 1, envelope.link);
  put_tag(at + sequence_at, Tag::u64);
  put_number(at + sequence_at + 1, envelope.sequence);
  put_tag(at + applied_at, Tag::u64);
  put_number(at + applied_at + 1, envelope.applied);
  put_tag(at + watermark_at, Tag::u64);
  put_number(at + watermark_at + 1, envelope.watermark);
  std::memset(at + filler_at, static_cast<int>(Tag::nil), envelope_bytes - filler_at);
}

}  // namespace muster::wire
