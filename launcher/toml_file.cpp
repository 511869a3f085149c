#include "launcher/toml_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;
// Far above what anybody writes by hand.
constexpr std::size_t file_bytes_max = 1 << 20;

std::string read_text(const fs::path& path, const std::string& what, const std::string& hint) {
  const std::string name = what + " " + wire::printable(path.string());
  std::error_code error;
  if (fs::is_directory(path, error)) throw TomlError(name + " is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw TomlError(name + " can't be read: " + std::generic_category().message(errno) + "; " +
                    hint);
  }
  std::string text;
  char block[4096];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > file_bytes_max) {
      throw TomlError(name + " is larger than 1 MiB; is it the right one?");
    }
  }
  return text;
}

/// The line of the first character that isn't ASCII; 0: there is none. Comments that have a line to
/// themselves are emptied before. This toml++ has undefined behaviour for such characters where
/// TOML has no place for them, and only a parser could tell where that is.
std::size_t line_of_other_character(std::string& text) {
  const bool lines_in_strings =
      text.find("\"\"\"") != std::string::npos || text.find("'''") != std::string::npos;
  std::size_t line = 1;
  bool comment = false;
  bool blank = true;
  for (char& c : text) {
    if (c == '\n') {
      ++line;
      comment = false;
      blank = true;
      continue;
    }
    if (blank && c == '#') comment = !lines_in_strings;
    blank = blank && (c == ' ' || c == '\t');
    if (static_cast<unsigned char>(c) < 0x80) continue;
    if (!comment) return line;
    c = '?';
  }
  return 0;
}

}  // namespace

toml::table read_toml(const fs::path& path, const std::string& what, const std::string& hint) {
  std::string text = read_text(path, what, hint);
  const std::string name = wire::printable(path.string());
  if (const std::size_t line = line_of_other_character(text); line != 0) {
    throw TomlError(name + ":" + std::to_string(line) +
                    ": a character that isn't ASCII; in a string write it as \\u00e9, or as "
                    "\\U0001f600");
  }
  try {
    return toml::parse(text, path.string());
  } catch (const toml::parse_error& error) {
    throw TomlError(place_in(path, error.source()) + ": " +
                    wire::printable(std::string(error.description())));
  } catch (const std::invalid_argument& error) {
    throw TomlError(name + ": " + error.what());
  }
}

std::string place_in(const fs::path& path, const toml::source_region& source) {
  return wire::printable(path.string()) + ":" + std::to_string(source.begin.line);
}

}  // namespace muster::launcher
