#include "protocol/printable.hpp"

namespace muster::wire {
namespace {

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

void escape(std::string& result, unsigned char c) {
  constexpr char digits[] = "0123456789abcdef";
  result += "\\x";
  result += digits[c >> 4];
  result += digits[c & 15];
}

std::string escaped(std::string_view text, bool keep_lines) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080 to U+009F
      escape(result, c);
      escape(result, next);
      ++i;
    } else if (is_control(c) && !(keep_lines && c == '\n')) {
      escape(result, c);
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, true);
}

}  // namespace muster::wire
