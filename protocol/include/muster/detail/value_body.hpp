#pragma once
// A body: what a task's arguments, or its result, are on the wire. It is valid msgpack; only the
// two programs at its ends read it.
//
//   arguments   one array, an element for each parameter that travels, in their order
//   result      one value; nil for void
//
// A contiguous array of numbers (a std::vector, std::array or std::span of them, as a parameter or
// a result of its own) is an ext 32 object:
//
//   c9 | length (4 bytes, big-endian) | element (1 byte) | filler | the numbers, little-endian
//
// `element` tells kind and size (element_code below). The filler is 1 to 8 bytes, each of which
// holds the filler's length, chosen such that the numbers begin at a multiple of 8 from the body's
// first byte. A receiver whose copy of the body is aligned to 8 can view them in place. Everything
// else, arrays inside of other values included, travels as plain msgpack.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <msgpack.hpp>

#include <muster/detail/buffer.hpp>

namespace muster::detail {

static_assert(std::endian::native == std::endian::little,
              "arrays of numbers travel as they lie in the memory of a little-endian machine");

/// What an array's element is: kind (1 unsigned or bytes, 2 signed, 3 floating, 4 bool) and size.
template <class T>
inline constexpr std::uint8_t element_code = (std::is_floating_point_v<T> ? 0x30
                                              : std::is_same_v<T, bool>   ? 0x40
                                              : std::is_signed_v<T>       ? 0x20
                                                                          : 0x10) |
                                             sizeof(T);

/// Appends an array of numbers. `start` is where the body began in `body`. Throws TooLarge when
/// the body would be larger than may travel.
void write_raw_array(Buffer& body, std::size_t start, std::uint8_t element,
                     std::span<const std::byte> numbers);

/// Integers that aren't characters or flags.
template <class T>
concept Integer = std::integral<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
                  !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> &&
                  !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

/// Reads one body from its begin to its end. Every call takes the next thing and throws
/// ClusterError when it isn't there or isn't well-formed; then the reader is of no further use.
/// What it returns may point into the body, which must live as long.
class BodyReader {
 public:
  explicit BodyReader(std::span<const std::byte> body) : body_(body) {}

  /// The arguments' array; its number of elements must be `count`.
  void begin_array(std::uint32_t count) {
    if (count < 16 && !at_end() && body_[offset_] == static_cast<std::byte>(0x90 | count)) {
      ++offset_;
    } else {
      begin_long_array(count);
    }
  }
  void nil();
  /// The numbers of an array of this element; a whole number of elements.
  std::span<const std::byte> raw_array(std::uint8_t element, std::size_t element_size);
  /// Any msgpack value; strings and binaries in it point into the body.
  msgpack::object_handle value();
  /// The next value, if it is a number that a T holds. False, and nothing is taken, of all else:
  /// value() then says what is wrong, or converts it. Most arguments and results of small tasks are
  /// single numbers, which are read here without a call.
  template <Integer T>
  bool number(T& number);
  bool number(double& number);
  /// Nothing follows.
  bool at_end() const { return offset_ == body_.size(); }
  /// The body must end here.
  void end() const {
    if (!at_end()) throw_longer();
  }

 private:
  void begin_long_array(std::uint32_t count);
  [[noreturn]] static void throw_longer();
  /// Requires that so many bytes, 1, 2, 4 or 8, follow the head of the value.
  std::uint64_t big_endian(std::size_t bytes) const {
    const std::byte* at = body_.data() + offset_ + 1;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      number = number << 8 | std::to_integer<std::uint64_t>(at[i]);
    return number;
  }
  std::span<const std::byte> take(std::size_t count);
  std::uint32_t take_big_endian(std::size_t count);
  std::uint64_t take_number(std::size_t bytes);
  msgpack::object text(std::size_t length);
  std::optional<msgpack::object> scalar();

  std::span<const std::byte> body_;
  std::size_t offset_ = 0;
};

template <Integer T>
bool BodyReader::number(T& number) {
  if (at_end()) return false;
  const auto head = std::to_integer<std::uint8_t>(body_[offset_]);
  if (head < 0x80) {  // itself
    number = static_cast<T>(head);
    ++offset_;
    return true;
  }
  if (head >= 0xe0) {
    if constexpr (std::is_unsigned_v<T>) return false;
    number = static_cast<T>(static_cast<std::int8_t>(head));
    ++offset_;
    return true;
  }
  if (head < 0xcc || head > 0xd3) return false;
  const std::size_t bytes = std::size_t{1} << (head & 3);
  if (body_.size() - offset_ <= bytes) return false;
  const std::uint64_t bits = big_endian(bytes);
  if (head < 0xd0) {
    if (!std::in_range<T>(bits)) return false;
    number = static_cast<T>(bits);
  } else {
    const std::size_t above = 64 - 8 * bytes;
    const std::int64_t value = static_cast<std::int64_t>(bits << above) >> above;
    if (!std::in_range<T>(value)) return false;
    number = static_cast<T>(value);
  }
  offset_ += 1 + bytes;
  return true;
}

inline bool BodyReader::number(double& number) {
  if (body_.size() - offset_ < 9 || body_[offset_] != std::byte{0xcb}) return false;
  number = std::bit_cast<double>(big_endian(8));
  offset_ += 9;
  return true;
}

/// Throws the TooLarge of a container that has more elements than msgpack can count, 2^32 - 1.
[[noreturn]] void throw_uncountable();

/// Throws the ClusterError of a value that is of another type than was expected.
[[noreturn]] void throw_unexpected_value();
/// The same, which says what was found and what was asked for.
[[noreturn]] void throw_unexpected_value(const msgpack::object& found,
                                         const std::type_info& wanted);

}  // namespace muster::detail
