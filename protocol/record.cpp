#include "protocol/record.hpp"

#include <cassert>
#include <cstring>

#include "protocol/fixed_field.hpp"
#include "protocol/limits.hpp"

namespace muster::wire {
namespace {

// Offsets of the tag bytes. A number begins one byte after its tag.
constexpr std::size_t kind_at = 1;
constexpr std::size_t flags_at = 3;
constexpr std::size_t starts_at = 5;
constexpr std::size_t attempt_at = 7;
constexpr std::size_t session_at = 16;
constexpr std::size_t counter_at = 21;
constexpr std::size_t count_at = 30;
constexpr std::size_t code_at = 35;
constexpr std::size_t options_at = 40;
constexpr std::size_t payload_at = 43;
constexpr std::byte array_of_ten{0x9a};

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + 7) & ~std::size_t{7};
}

void put_padding(detail::Buffer& buffer) {
  const std::size_t missing = padded(buffer.size()) - buffer.size();
  if (missing != 0) std::memset(buffer.extend(missing), static_cast<int>(Tag::nil), missing);
}

bool header_tags_hold(const std::byte* at) {
  return at[0] == array_of_ten && has_tag(at + kind_at, Tag::u8) &&
         has_tag(at + flags_at, Tag::u8) && has_tag(at + starts_at, Tag::u8) &&
         has_tag(at + attempt_at, Tag::u64) && has_tag(at + session_at, Tag::u32) &&
         has_tag(at + counter_at, Tag::u64) && has_tag(at + count_at, Tag::u32) &&
         has_tag(at + code_at, Tag::u32) && has_tag(at + options_at, Tag::u16) &&
         has_tag(at + payload_at, Tag::bin32);
}

}  // namespace

std::size_t begin_record(detail::Buffer& buffer, const Header& header, Bytes options) {
  assert(buffer.size() % 8 == 0);
  assert(options.size() <= options_bytes_max);
  const std::size_t place = buffer.size();
  std::byte* at = buffer.extend(record_header_bytes);
  at[0] = array_of_ten;
  put_tag(at + kind_at, Tag::u8);
  at[kind_at + 1] = static_cast<std::byte>(header.kind);
  put_tag(at + flags_at, Tag::u8);
  at[flags_at + 1] = static_cast<std::byte>(header.flags);
  put_tag(at + starts_at, Tag::u8);
  at[starts_at + 1] = static_cast<std::byte>(header.starts);
  put_tag(at + attempt_at, Tag::u64);
  put_number(at + attempt_at + 1, header.attempt);
  put_tag(at + session_at, Tag::u32);
  put_number(at + session_at + 1, header.session);
  put_tag(at + counter_at, Tag::u64);
  put_number(at + counter_at + 1, header.counter);
  put_tag(at + count_at, Tag::u32);
  put_number(at + count_at + 1, header.count);
  put_tag(at + code_at, Tag::u32);
  put_number(at + code_at + 1, header.code);
  put_tag(at + options_at, Tag::u16);
  put_number(at + options_at + 1, static_cast<std::uint16_t>(padded(options.size())));
  put_tag(at + payload_at, Tag::bin32);
  put_number(at + payload_at + 1, std::uint32_t{0});
  if (!options.empty()) {
    buffer.append(options);
    put_padding(buffer);
  }
  return place;
}

void end_record(detail::Buffer& buffer, std::size_t place) {
  const std::size_t payload = buffer.size() - place - record_header_bytes;
  put_number(buffer.data() + place + payload_at + 1, static_cast<std::uint32_t>(payload));
  put_padding(buffer);
}

void append_record(detail::Buffer& buffer, const Header& header, Bytes options, Bytes body) {
  const std::size_t place = begin_record(buffer, header, options);
  buffer.append(body);
  end_record(buffer, place);
}

bool RecordReader::next(Record& record) {
  if (rest_.empty() || malformed_) return false;
  const std::byte* at = rest_.data();
  if (rest_.size() < record_header_bytes || !header_tags_hold(at)) {
    malformed_ = true;
    return false;
  }
  const std::size_t options = get_number<std::uint16_t>(at + options_at + 1);
  const std::size_t payload = get_number<std::uint32_t>(at + payload_at + 1);
  if (payload > rest_.size() - record_header_bytes || options > payload || options % 8 != 0 ||
      options > options_bytes_max) {
    malformed_ = true;
    return false;
  }
  record.kind = static_cast<Kind>(at[kind_at + 1]);
  record.flags = static_cast<std::uint8_t>(at[flags_at + 1]);
  record.starts = static_cast<std::uint8_t>(at[starts_at + 1]);
  record.attempt = get_number<std::uint64_t>(at + attempt_at + 1);
  record.session = get_number<std::uint32_t>(at + session_at + 1);
  record.counter = get_number<std::uint64_t>(at + counter_at + 1);
  record.count = get_number<std::uint32_t>(at + count_at + 1);
  record.code = get_number<std::uint32_t>(at + code_at + 1);
  record.options = rest_.subspan(record_header_bytes, options);
  record.body = rest_.subspan(record_header_bytes + options, payload - options);
  const std::size_t whole = record_header_bytes + padded(payload);
  if (whole > rest_.size()) {
    malformed_ = true;
    return false;
  }
  rest_ = rest_.subspan(whole);
  return true;
}

}  // namespace muster::wire
