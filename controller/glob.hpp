#pragma once
// The shell's patterns for texts: * for anything, ? for one character, [a-z] and [!a-z] for one of
// some. Unlike fnmatch(3) no pattern takes longer than the product of the two lengths.

#include <cstddef>
#include <string_view>

namespace muster::controller {

/// Whether the pattern begins with something that this character fits. `end` becomes what follows
/// it in the pattern.
inline bool fits(std::string_view pattern, char character, std::size_t& end) {
  end = 1;
  if (pattern[0] == '?') return true;
  const std::size_t close = pattern.find(']', 2);
  if (pattern[0] != '[' || close == std::string_view::npos) return pattern[0] == character;
  end = close + 1;
  std::size_t at = 1;
  const bool other = pattern[at] == '!' || pattern[at] == '^';
  if (other) ++at;
  bool among = false;
  for (; at < close; ++at) {
    if (at + 2 < close && pattern[at + 1] == '-') {
      among = among || (pattern[at] <= character && character <= pattern[at + 2]);
      at += 2;
    } else {
      among = among || pattern[at] == character;
    }
  }
  return among != other;
}

inline bool is_like(std::string_view text, std::string_view pattern) {
  constexpr std::size_t nowhere = std::string_view::npos;
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t after_star = nowhere;  // where the pattern goes on behind the last star
  std::size_t tried = 0;             // and the text, this time
  while (at < text.size()) {
    std::size_t length = 0;
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      after_star = ++in_pattern;
      tried = at;
    } else if (in_pattern < pattern.size() && fits(pattern.substr(in_pattern), text[at], length)) {
      in_pattern += length;
      ++at;
    } else if (after_star != nowhere) {
      in_pattern = after_star;
      at = ++tried;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*')
    ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace muster::controller
