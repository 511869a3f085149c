#pragma once
// The rules of the source tree as functions of text: what the compiler doesn't check and a reader
// relies on. They read no files; tidy_test.cpp walks the tree and hands them in.

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster::tidy {

/// A file of the tree; `path` is relative to its root, with slashes: "controller/core.hpp".
struct File {
  std::string path;
  std::string text;
};

/// What is wrong, where, and what to do about it. Line 0 means the file as a whole.
struct Violation {
  std::string path;
  std::size_t line = 0;
  std::string remedy;
};

constexpr std::size_t line_columns_max = 100;
constexpr std::size_t file_lines_max = 500;
constexpr std::size_t example_lines_max = 60;
constexpr std::size_t purpose_lines_max = 8;  ///< within so many lines a header says what it is for

/// The folders with arrows between them, and what each may include besides itself.
inline const std::map<std::string, std::vector<std::string>, std::less<>> arrows = {
    {"protocol", {}},
    {"client", {"protocol"}},
    {"controller", {"protocol"}},
    {"engine", {"protocol"}},
    {"launcher", {"protocol", "client", "controller", "engine"}},
};

inline bool is_cpp(std::string_view path) {
  return path.ends_with(".cpp") || path.ends_with(".hpp");
}

inline std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

inline bool is_public_header(std::string_view path) {
  return arrows.contains(folder_of(path)) &&
         path.substr(path.find('/') + 1).starts_with("include/muster/");
}

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// One #include: the name as written, and whether it was quoted.
struct Include {
  std::size_t line = 0;
  std::string name;
  bool quoted = false;
};

inline std::vector<Include> includes_of(const File& file) {
  std::vector<Include> includes;
  std::size_t number = 0;
  for (std::string_view line : lines_of(file.text)) {
    ++number;
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with('#')) continue;
    line.remove_prefix(std::min(line.find_first_not_of(" \t", 1), line.size()));
    if (!line.starts_with("include")) continue;
    std::size_t begin = line.find_first_of("\"<");
    if (begin == std::string_view::npos) continue;  // a macro: nothing to read here
    std::size_t end = line.find_first_of("\">", begin + 1);
    if (end == std::string_view::npos) continue;
    includes.push_back(
        {number, std::string(line.substr(begin + 1, end - begin - 1)), line[begin] == '"'});
  }
  return includes;
}

/// Which folder a public header belongs to: "muster/client.hpp" -> "client".
using PublicHeaders = std::map<std::string, std::string, std::less<>>;

inline PublicHeaders public_headers_of(const std::vector<File>& files) {
  constexpr std::string_view prefix = "/include/";
  PublicHeaders headers;
  for (const File& file : files) {
    if (!is_public_header(file.path)) continue;
    headers.emplace(file.path.substr(file.path.find('/') + prefix.size()), folder_of(file.path));
  }
  return headers;
}

/// Includes follow the arrows, and private headers are named by their path from the root.
inline std::vector<Violation> check_arrows(const File& file, const PublicHeaders& headers) {
  std::vector<Violation> violations;
  std::string folder = folder_of(file.path);
  auto arrow = arrows.find(folder);
  if (arrow == arrows.end() || !is_cpp(file.path)) return violations;
  for (const Include& include : includes_of(file)) {
    std::string owner;
    if (include.quoted) {
      owner = folder_of(include.name);
      if (!arrows.contains(owner)) {
        violations.push_back({file.path, include.line,
                              "\"" + include.name + "\" is in none of the folders: include it by " +
                                  "its path from the root, \"" + folder + "/...\""});
        continue;
      }
    } else if (include.name.starts_with("muster/")) {
      auto header = headers.find(include.name);
      if (header == headers.end()) {
        violations.push_back({file.path, include.line,
                              "<" + include.name + "> is no public header of any folder: private " +
                                  "headers are included with quotes, by their path from the root"});
        continue;
      }
      owner = header->second;
    }
    if (owner.empty() || owner == folder || std::ranges::count(arrow->second, owner) != 0) continue;
    violations.push_back({file.path, include.line,
                          folder + " may not include " + owner + " (" + include.name +
                              "): move what both need to protocol, or the code to launcher"});
  }
  return violations;
}

/// A user's translation unit sees the standard library and msgpack: zmq.hpp and Asio cost it about
/// a second each to compile.
inline std::vector<Violation> check_public_header(const File& file) {
  std::vector<Violation> violations;
  if (!is_public_header(file.path)) return violations;
  for (const Include& include : includes_of(file)) {
    const std::string& name = include.name;
    bool standard = name.find_first_of("./") == std::string::npos || name == "cxxabi.h";
    bool allowed = standard || name == "msgpack.hpp" || name.starts_with("msgpack/") ||
                   name.starts_with("muster/");
    if (include.quoted) {
      violations.push_back({file.path, include.line,
                            "a public header includes a private one, \"" + name +
                                "\", which isn't installed: hide it behind a pointer to an "
                                "incomplete type"});
    } else if (!allowed) {
      violations.push_back({file.path, include.line,
                            "a public header includes <" + name +
                                ">: users' code sees std and msgpack only; move it to a .cpp"});
    }
  }
  return violations;
}

/// CMake makes two of a test's name at a semicolon, and a name that no test has passes.
inline std::vector<Violation> check_test_names(const File& file) {
  std::vector<Violation> violations;
  if (folder_of(file.path) != "tests" || !is_cpp(file.path)) return violations;
  constexpr std::string_view begin = "TEST_CASE(\"";
  std::size_t number = 0;
  for (const std::string_view line : lines_of(file.text)) {
    ++number;
    const std::size_t at = line.find(begin);
    if (at == std::string_view::npos || at > 0) continue;
    const std::size_t end = line.find('"', begin.size());
    if (line.substr(0, end).find(';') != std::string_view::npos)
      violations.push_back({file.path, number, "a test's name with a semicolon is never run"});
  }
  return violations;
}

/// Short files, lines that fit beside each other, no invisible characters.
inline std::vector<Violation> check_layout(const File& file) {
  std::vector<Violation> violations;
  if (!is_cpp(file.path)) return violations;
  std::vector<std::string_view> lines = lines_of(file.text);
  if (lines.size() > file_lines_max) {
    violations.push_back({file.path, file_lines_max + 1,
                          std::to_string(lines.size()) + " lines, the limit is " +
                              std::to_string(file_lines_max) + ": it holds more than one idea; " +
                              "give each a file named by its noun"});
  }
  for (std::size_t index = 0; index < lines.size(); ++index) {
    std::string_view line = lines[index];
    // Bytes that continue a UTF-8 character take no column of their own.
    auto columns = static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
    if (columns > line_columns_max) {
      violations.push_back({file.path, index + 1,
                            std::to_string(columns) + " columns, the limit is " +
                                std::to_string(line_columns_max) + ": break the line"});
    }
    if (line.find('\t') != std::string_view::npos) {
      violations.push_back({file.path, index + 1, "a tab: indent with two spaces"});
    }
    if (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
      violations.push_back({file.path, index + 1, "trailing blanks: remove them"});
    }
  }
  if (!file.text.empty() && file.text.back() != '\n') {
    violations.push_back({file.path, lines.size(), "no newline at the end: add one"});
  }
  return violations;
}

/// A drawer is no noun: what has no name of its own gets no file.
inline std::vector<Violation> check_name(const File& file) {
  static constexpr std::array drawers = {"util",    "utils", "common",  "helper",
                                         "helpers", "misc",  "manager", "managers"};
  std::vector<Violation> violations;
  if (!is_cpp(file.path)) return violations;
  std::string_view stem = file.path;
  stem.remove_prefix(stem.find_last_of('/') + 1);
  stem = stem.substr(0, stem.find('.'));
  while (!stem.empty()) {
    std::string_view word = stem.substr(0, stem.find('_'));
    if (std::ranges::find(drawers, word) != drawers.end()) {
      violations.push_back({file.path, 0,
                            "'" + std::string(word) + "' in a file's name says nothing: name the " +
                                "file by the noun of the one idea in it"});
    }
    stem.remove_prefix(std::min(word.size() + 1, stem.size()));
  }
  return violations;
}

/// A header is a contract: it begins with its guard and says at once what it is for.
inline std::vector<Violation> check_header(const File& file) {
  std::vector<Violation> violations;
  if (!file.path.ends_with(".hpp")) return violations;
  std::vector<std::string_view> lines = lines_of(file.text);
  if (lines.empty() || lines.front() != "#pragma once") {
    violations.push_back({file.path, 1, "the first line of a header is #pragma once"});
  }
  lines.resize(std::min(lines.size(), purpose_lines_max));
  if (std::ranges::none_of(lines, [](auto line) { return line.starts_with("// "); })) {
    violations.push_back({file.path, 1,
                          "no comment within the first " + std::to_string(purpose_lines_max) +
                              " lines: say what the file is for and what it must not know"});
  }
  return violations;
}

/// An example is what a user would write: short, and with nothing but Muster's one header. Whether
/// somebody watches is asked of <unistd.h>.
inline std::vector<Violation> check_example(const File& file) {
  std::vector<Violation> violations;
  if (folder_of(file.path) != "examples" || !is_cpp(file.path)) return violations;
  std::size_t lines = lines_of(file.text).size();
  if (lines > example_lines_max) {
    violations.push_back({file.path, example_lines_max + 1,
                          std::to_string(lines) + " lines, the limit of an example is " +
                              std::to_string(example_lines_max) + ": show one thing less"});
  }
  for (const Include& include : includes_of(file)) {
    bool standard = !include.quoted && include.name.find_first_of("./") == std::string::npos;
    if (standard || include.name == "unistd.h") continue;
    if (!include.quoted && include.name == "muster/muster.hpp") continue;
    if (!include.quoted && include.name == "muster/module.hpp") continue;  // a task module's
    if (!include.quoted && include.name == "mpi.h") continue;  // of one whose tasks use MPI
    violations.push_back({file.path, include.line,
                          "an example includes <muster/muster.hpp> and the standard library only, "
                          "not " +
                              include.name});
  }
  return violations;
}

/// Clocks that people set back are shown, and no decision compares them (rule 30): only these read
/// them. What a query says of them becomes "how long ago" before it leaves the client.
inline std::vector<Violation> check_clocks(const File& file) {
  constexpr std::string_view may[] = {"client/history.cpp",
                                      "client/include/muster/history.hpp",
                                      "client/include/muster/task_info.hpp",
                                      "client/wall_clock.hpp",
                                      "launcher/cluster_files.cpp",
                                      "launcher/far_hosts.cpp",
                                      "launcher/history_database.cpp",
                                      "launcher/history_text.cpp",
                                      "launcher/history_where.cpp",
                                      "protocol/include/muster/detail/adaptors.hpp",
                                      "protocol/include/muster/transportable.hpp"};
  constexpr std::string_view folders[] = {"client", "controller", "engine", "launcher", "protocol"};
  std::vector<Violation> violations;
  if (std::ranges::find(may, file.path) != std::end(may)) return violations;
  if (std::ranges::find(folders, folder_of(file.path)) == std::end(folders)) return violations;
  std::size_t number = 0;
  for (const auto& line : lines_of(file.text)) {
    ++number;
    for (const std::string_view clock :
         {"system_clock", "CLOCK_REALTIME", "gettimeofday", "std::time("}) {
      if (line.find(clock) == std::string_view::npos) continue;
      violations.push_back({file.path, number,
                            "somebody may set this clock back: decide by "
                            "std::chrono::steady_clock"});
    }
  }
  return violations;
}

/// All rules on all files, in the order of the files.
inline std::vector<Violation> check_tree(const std::vector<File>& files) {
  PublicHeaders headers = public_headers_of(files);
  std::vector<Violation> violations;
  for (const File& file : files) {
    for (auto found : {check_arrows(file, headers), check_public_header(file), check_layout(file),
                       check_name(file), check_header(file), check_example(file),
                       check_clocks(file), check_test_names(file)}) {
      violations.insert(violations.end(), found.begin(), found.end());
    }
  }
  return violations;
}

}  // namespace muster::tidy
