#pragma once
// Engines as a command line names them: "0,2:5".

#include <string>
#include <vector>

namespace muster::launcher {

/// Numbers and slices with commas between them: 3, -1 (the last one), 2:5 (those at the places 2,
/// 3 and 4 of `ids`), :4, 2:, ::2, as Python slices a list. In the order in which they are named,
/// each once. Throws ClusterError that says what is wrong: of the text, or with `ids`, the engines
/// that there are.
std::vector<int> engines_in_words(const std::string& text, const std::vector<int>& ids);

/// The text is right, whatever engines there are.
bool names_engines(const std::string& text);

}  // namespace muster::launcher
