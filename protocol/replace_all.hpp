#pragma once
// One text in place of another, wherever it stands.

#include <cstddef>
#include <string>
#include <string_view>

namespace muster::wire {

/// What has been put in isn't looked at again.
inline void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace muster::wire
