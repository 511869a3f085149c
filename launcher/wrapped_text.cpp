#include "launcher/wrapped_text.hpp"

#include <algorithm>

namespace muster::launcher {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  const std::string margin(indent, ' ');
  std::string result;
  std::size_t column = indent;
  bool fresh = true;  // nothing is on this line yet
  const auto new_line = [&] {
    result += '\n';
    column = indent;
    fresh = true;
  };
  bool first_line = true;
  bool flows = false;  // the line before this one was wrapped, and this one goes on with it
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool kept = line.empty() || line.front() == ' ';
    const bool goes_on = flows && !kept;
    if (!first_line && !goes_on) new_line();
    flows = !kept;
    if (kept) {
      result += line.empty() ? "" : margin + std::string(line);
      first_line = false;
      continue;
    }
    if (!first_line && !goes_on) result += margin;
    first_line = false;
    while (!line.empty()) {
      const std::size_t word_end = std::min(line.find(' '), line.size());
      const std::string_view word = line.substr(0, word_end);
      line.remove_prefix(std::min(word_end + 1, line.size()));
      if (!fresh && column + 1 + word.size() > columns) {
        new_line();
        result += margin;
      }
      result += (fresh ? "" : " ") + std::string(word);
      column += word.size() + (fresh ? 0 : 1);
      fresh = false;
    }
  }
  return result;
}

}  // namespace muster::launcher
