#include "protocol/arguments_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <msgpack.hpp>

namespace muster::wire {
namespace {

constexpr std::size_t text_max = 120;
constexpr std::uint32_t elements_max = 8;
/// Larger ones aren't looked into.
constexpr std::size_t read_bytes_max = std::size_t{64} << 10;

class ArgumentsText {
 public:
  void add(const msgpack::object& value) {
    if (text_.size() >= text_max) return;
    switch (value.type) {
      case msgpack::type::NIL:
        text_ += "nil";
        break;
      case msgpack::type::BOOLEAN:
        text_ += value.via.boolean ? "true" : "false";
        break;
      case msgpack::type::POSITIVE_INTEGER:
        text_ += std::to_string(value.via.u64);
        break;
      case msgpack::type::NEGATIVE_INTEGER:
        text_ += std::to_string(value.via.i64);
        break;
      case msgpack::type::FLOAT32:
      case msgpack::type::FLOAT64:
        add_number(value.via.f64);
        break;
      case msgpack::type::STR:
        add_string({value.via.str.ptr, value.via.str.size});
        break;
      case msgpack::type::BIN:
        text_ += bytes(value.via.bin.size);
        break;
      case msgpack::type::ARRAY:
        text_ += '[';
        add_elements(value.via.array);
        text_ += ']';
        break;
      case msgpack::type::MAP:
        add_map(value.via.map);
        break;
      case msgpack::type::EXT:
        add_numbers(value.via.ext);
        break;
    }
  }
  void add_elements(const msgpack::object_array& array) {
    for (std::uint32_t i = 0; i < array.size; ++i) {
      if (i > 0) text_ += ", ";
      if (i == elements_max || text_.size() >= text_max) {
        text_ += "…";
        return;
      }
      add(array.ptr[i]);
    }
  }
  std::string take() { return "(" + text_ + ")"; }

 private:
  static std::string bytes(std::size_t count) { return std::to_string(count) + " bytes"; }

  void add_number(double number) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.6g", number);
    text_ += digits;
  }
  /// Those of others may be no text at all.
  void add_string(std::string_view string) {
    for (const char c : string) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        text_ += bytes(string.size());
        return;
      }
    }
    const std::size_t room = text_max - text_.size();
    // Not in the middle of a character.
    std::size_t cut = std::min(string.size(), room);
    while (cut < string.size() && cut > 0 &&
           (static_cast<unsigned char>(string[cut]) & 0xc0) == 0x80)
      --cut;
    text_ += '"';
    text_ += string.substr(0, cut);
    text_ += cut < string.size() ? "…\"" : "\"";
  }
  void add_map(const msgpack::object_map& map) {
    text_ += '{';
    for (std::uint32_t i = 0; i < map.size; ++i) {
      if (i > 0) text_ += ", ";
      if (i == elements_max || text_.size() >= text_max) {
        text_ += "…";
        break;
      }
      add(map.ptr[i].key);
      text_ += ": ";
      add(map.ptr[i].val);
    }
    text_ += '}';
  }
  /// An array of numbers: its element's code is the type (detail/value_body.hpp).
  void add_numbers(const msgpack::object_ext& numbers) {
    const auto code = static_cast<std::uint8_t>(numbers.type());
    const std::size_t size = code & 0x0f;
    const std::size_t filler = numbers.size == 0 ? 0 : static_cast<std::uint8_t>(numbers.data()[0]);
    if (size == 0 || filler > numbers.size) {
      text_ += bytes(numbers.size);
      return;
    }
    text_ += std::to_string((numbers.size - filler) / size) + " numbers";
  }

  std::string text_;
};

}  // namespace

std::string arguments_text(Bytes arguments) {
  if (arguments.size() > read_bytes_max) return "(" + std::to_string(arguments.size()) + " bytes)";
  try {
    std::size_t offset = 0;
    const msgpack::object_handle all =
        msgpack::unpack(reinterpret_cast<const char*>(arguments.data()), arguments.size(), offset);
    ArgumentsText text;
    if (all.get().type == msgpack::type::ARRAY) {
      text.add_elements(all.get().via.array);
    } else {
      text.add(all.get());
    }
    return text.take();
  } catch (const msgpack::unpack_error&) {
    return "(" + std::to_string(arguments.size()) + " bytes)";
  }
}

}  // namespace muster::wire
