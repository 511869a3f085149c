#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include <muster/detail/value_body.hpp>
#include <muster/error.hpp>

#include "protocol/limits.hpp"
#include "protocol/type_name.hpp"

namespace muster::detail {
namespace {

constexpr std::uint8_t ext32 = 0xc9;
constexpr std::size_t raw_header_size = 6;
constexpr std::size_t alignment = 8;

// Deep enough for any sensible value, shallow enough for the stack of the user types' recursive
// conversions.
constexpr std::size_t nesting_max = 256;

[[noreturn]] void throw_malformed(const std::string& reason) {
  throw ClusterError("a body that can't be read: " + reason);
}

/// A value of another type than the reader's is the reader's mistake, not the body's.
[[noreturn]] void throw_other_value(const std::string& found, const std::string& wanted) {
  throw ClusterError("the value is " + found + ", which can't be read as " + wanted +
                     ": ask for it by the type that it was made as");
}

std::string described(const msgpack::object& value) {
  switch (value.type) {
    case msgpack::type::NIL:
      return "nothing";
    case msgpack::type::BOOLEAN:
      return "true or false";
    case msgpack::type::POSITIVE_INTEGER:
      return "the whole number " + std::to_string(value.via.u64);
    case msgpack::type::NEGATIVE_INTEGER:
      return "the whole number " + std::to_string(value.via.i64);
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return "a floating-point number";
    case msgpack::type::STR:
      return "a text of " + std::to_string(value.via.str.size) + " bytes";
    case msgpack::type::BIN:
      return std::to_string(value.via.bin.size) + " bytes";
    case msgpack::type::ARRAY:
      return "an array or tuple of " + std::to_string(value.via.array.size) + " values";
    case msgpack::type::MAP:
      return "a map of " + std::to_string(value.via.map.size) + " entries";
    case msgpack::type::EXT:
      return "an array of numbers";
  }
  return "something else";
}

/// "4-byte signed integers", by an element_code.
std::string numbers_of(std::uint8_t element) {
  static constexpr const char* kinds[] = {"unsigned integers", "signed integers",
                                          "floating-point numbers", "flags"};
  const int kind = (element >> 4) - 1;
  if (kind < 0 || kind > 3) return "unknown numbers";
  return std::to_string(element & 0xf) + "-byte " + kinds[kind];
}

bool reference_into_body(msgpack::type::object_type, std::size_t, void*) {
  return true;
}

}  // namespace

void write_raw_array(Buffer& body, std::size_t start, std::uint8_t element,
                     std::span<const std::byte> numbers) {
  const std::size_t offset = body.size() - start + raw_header_size;
  const std::size_t filler = alignment - offset % alignment;
  // Said before the memory for it is taken. Within this limit a length fits into its 32 bits.
  const std::uint64_t whole = offset + filler + numbers.size();
  if (whole > wire::body_bytes_max) throw TooLarge("body", whole, wire::body_bytes_max);

  std::byte* out = body.extend(raw_header_size + filler + numbers.size());
  const auto length = static_cast<std::uint32_t>(filler + numbers.size());
  *out++ = std::byte{ext32};
  for (int shift = 24; shift >= 0; shift -= 8)
    *out++ = static_cast<std::byte>(length >> shift);
  *out++ = std::byte{element};
  out = std::fill_n(out, filler, static_cast<std::byte>(filler));
  if (!numbers.empty()) std::memcpy(out, numbers.data(), numbers.size());
}

std::span<const std::byte> BodyReader::take(std::size_t count) {
  if (body_.size() - offset_ < count) throw_malformed("it ends too early");
  const auto taken = body_.subspan(offset_, count);
  offset_ += count;
  return taken;
}

std::uint32_t BodyReader::take_big_endian(std::size_t count) {
  std::uint32_t value = 0;
  for (const std::byte byte : take(count))
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

void BodyReader::begin_long_array(std::uint32_t count) {
  const std::uint32_t head = take_big_endian(1);
  std::uint32_t found = 0;
  if ((head & 0xf0) == 0x90) {
    found = head & 0x0f;
  } else if (head == 0xdc) {
    found = take_big_endian(2);
  } else if (head == 0xdd) {
    found = take_big_endian(4);
  } else {
    throw_malformed("no array of arguments");
  }
  if (found != count) {
    throw_malformed(std::to_string(found) + " arguments for " + std::to_string(count) +
                    " parameters");
  }
}

void BodyReader::nil() {
  if (!at_end() && body_[offset_] != std::byte{0xc0})
    throw_other_value(described(value().get()), "void");
  take(1);
}

std::span<const std::byte> BodyReader::raw_array(std::uint8_t element, std::size_t element_size) {
  if (!at_end() && body_[offset_] != std::byte{ext32})
    throw_other_value(described(value().get()), "an array of " + numbers_of(element));
  take(1);
  const std::uint32_t length = take_big_endian(4);
  const auto found = static_cast<std::uint8_t>(take_big_endian(1));
  if (found != element)
    throw_other_value("an array of " + numbers_of(found), "an array of " + numbers_of(element));
  const auto payload = take(length);
  const std::size_t filler = payload.empty() ? 0 : std::to_integer<std::size_t>(payload.front());
  if (filler == 0 || filler > alignment || filler > payload.size()) {
    throw_malformed("an array with a wrong filler");
  }
  const auto numbers = payload.subspan(filler);
  if (numbers.size() % element_size != 0) throw_malformed("an array that ends within a number");
  return numbers;
}

std::uint64_t BodyReader::take_number(std::size_t bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : take(bytes))
    value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

msgpack::object BodyReader::text(std::size_t length) {
  const auto bytes = take(length);
  msgpack::object object;
  object.type = msgpack::type::STR;
  object.via.str.ptr = reinterpret_cast<const char*>(bytes.data());
  object.via.str.size = static_cast<std::uint32_t>(length);
  return object;
}

// Most arguments and results are one number, flag or text. The general parser allocates a zone and
// a stack for each, which is more than a small task does.
std::optional<msgpack::object> BodyReader::scalar() {
  if (offset_ == body_.size()) return std::nullopt;  // the general parser says what is wrong
  const auto head = std::to_integer<std::uint8_t>(body_[offset_]);
  const auto integer = [](std::int64_t value) { return msgpack::object(value); };
  if (head < 0x80) {
    ++offset_;
    return msgpack::object(std::uint64_t{head});
  }
  if (head >= 0xe0) {
    ++offset_;
    return integer(static_cast<std::int8_t>(head));
  }
  if ((head & 0xe0) == 0xa0) {
    ++offset_;
    return text(head & 0x1f);
  }
  if (head < 0xc2 || head > 0xdb) return std::nullopt;
  if (head >= 0xc4 && head < 0xca) return std::nullopt;
  if (head >= 0xd4 && head < 0xd9) return std::nullopt;
  ++offset_;
  switch (head) {
    case 0xc2:
    case 0xc3:
      return msgpack::object(head == 0xc3);
    case 0xca: {
      msgpack::object object;
      object.type = msgpack::type::FLOAT32;
      object.via.f64 = std::bit_cast<float>(static_cast<std::uint32_t>(take_number(4)));
      return object;
    }
    case 0xcb:
      return msgpack::object(std::bit_cast<double>(take_number(8)));
    case 0xcc:
      return msgpack::object(take_number(1));
    case 0xcd:
      return msgpack::object(take_number(2));
    case 0xce:
      return msgpack::object(take_number(4));
    case 0xcf:
      return msgpack::object(take_number(8));
    case 0xd0:
      return integer(static_cast<std::int8_t>(take_number(1)));
    case 0xd1:
      return integer(static_cast<std::int16_t>(take_number(2)));
    case 0xd2:
      return integer(static_cast<std::int32_t>(take_number(4)));
    case 0xd3:
      return integer(static_cast<std::int64_t>(take_number(8)));
    default:  // 0xd9, 0xda, 0xdb: texts with a length of 1, 2 or 4 bytes
      return text(take_number(std::size_t{1} << (head - 0xd9)));
  }
}

msgpack::object_handle BodyReader::value() {
  if (const auto one = scalar()) return msgpack::object_handle(*one, nullptr);
  // An element takes a byte at least, so what is left bounds every count that can be true.
  const std::size_t left = body_.size() - offset_;
  const msgpack::unpack_limit limit(left, left, left, left, left, nesting_max);
  std::size_t used = 0;
  try {
    const auto* bytes = reinterpret_cast<const char*>(body_.data()) + offset_;
    auto handle = msgpack::unpack(bytes, left, used, reference_into_body, nullptr, limit);
    offset_ += used;
    return handle;
  } catch (const msgpack::unpack_error& error) {
    throw_malformed(error.what());
  }
}

void BodyReader::throw_longer() {
  throw_malformed("it goes on after its end");
}

void throw_uncountable() {
  // Each element takes a byte at least.
  throw TooLarge("body", std::uint64_t{1} << 32, wire::body_bytes_max);
}

void throw_unexpected_value() {
  throw_malformed("a value of another type than was expected");
}

void throw_unexpected_value(const msgpack::object& found, const std::type_info& wanted) {
  throw_other_value(described(found), wire::type_name(wanted));
}

}  // namespace muster::detail
