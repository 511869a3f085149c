#pragma once
// Of what a command has said: what it came to in the end.

#include <sstream>
#include <string>

namespace muster::launcher {

/// The last line that isn't empty, without what a terminal would want at its end.
inline std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.pop_back();
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace muster::launcher
