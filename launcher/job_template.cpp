#include "launcher/job_template.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "protocol/suggestion.hpp"

namespace muster::launcher {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

/// The name in "{name}" at this place of the line; empty when there is none.
std::string_view name_at(std::string_view line, std::size_t place) {
  if (line[place] != '{' || (place > 0 && line[place - 1] == '$')) return {};
  std::size_t end = place + 1;
  while (end < line.size() && is_letter(line[end]))
    ++end;
  if (end == line.size() || line[end] != '}') return {};
  return line.substr(place + 1, end - place - 1);
}

bool is_doubled_brace(std::string_view line, std::size_t place) {
  return line.substr(place).starts_with("{{") && (place == 0 || line[place - 1] != '$');
}

/// All placeholders of the line, in their order.
std::vector<std::string> names_in(std::string_view line) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (is_doubled_brace(line, i)) {
      ++i;
    } else if (const std::string_view name = name_at(line, i); !name.empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

/// The line with the `time`-th text of each placeholder, or its only one.
std::string filled_line(std::string_view line, const PlaceholderValues& values, std::size_t time) {
  std::string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (is_doubled_brace(line, i)) {
      ++i;
      result += '{';
    } else if (const std::string_view name = name_at(line, i); !name.empty()) {
      const std::vector<std::string>& texts = values.at(std::string(name));
      result += texts.at(std::min(time, texts.size() - 1));
      i += name.size() + 1;
    } else {
      result += line[i];
    }
  }
  return result;
}

[[noreturn]] void refuse(const std::string& name, std::size_t number, const std::string& unknown,
                         const PlaceholderValues& values) {
  std::vector<std::string> known;
  for (const auto& [word, texts] : values)
    known.push_back(word);
  const std::string meant = wire::nearest(unknown, known);
  throw std::invalid_argument(
      name + ", line " + std::to_string(number) + ": there is no placeholder {" + unknown + "}; " +
      (meant.empty() ? "write {{ for a brace that is none" : "did you mean {" + meant + "}?"));
}

}  // namespace

std::string filled_template(std::string_view text, const PlaceholderValues& values,
                            const std::string& name) {
  std::string result;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::size_t times = 1;
    for (const std::string& word : names_in(line)) {
      const auto found = values.find(word);
      if (found == values.end()) refuse(name, number, word, values);
      const std::size_t texts = found->second.size();
      times = texts == 0 || times == 0 ? 0 : std::max(times, texts);
    }
    for (std::size_t time = 0; time < times; ++time)
      result += filled_line(line, values, time) + "\n";
  }
  return result;
}

}  // namespace muster::launcher
