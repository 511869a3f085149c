#pragma once
// A job's script before it is known what the user wants: a text with {placeholders}.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster::launcher {

/// What each placeholder stands for: nothing, one text, or several.
using PlaceholderValues = std::map<std::string, std::vector<std::string>>;

/// Puts the values in. A line with a placeholder that stands for nothing is left out; one with a
/// placeholder that stands for several texts is repeated for each. ${name} is the shell's, and {{
/// is a brace. Throws std::invalid_argument for a placeholder that isn't among the values; `name`
/// is the template's.
std::string filled_template(std::string_view text, const PlaceholderValues& values,
                            const std::string& name);

}  // namespace muster::launcher
