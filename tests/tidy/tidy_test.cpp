// The source tree keeps its own rules (checks.hpp), and the rules catch what breaks them.
// MUSTER_SOURCE_DIR is the root of the tree, given by the build.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/tidy/checks.hpp"

namespace muster::tidy {
namespace {

namespace fs = std::filesystem;

/// The C++ files below `root`, sorted by path. Hidden directories and build directories at the root
/// aren't ours.
std::vector<File> read_tree(const fs::path& root) {
  std::vector<File> files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    std::string name = entry->path().filename().string();
    if (entry->is_directory()) {
      bool build = entry.depth() == 0 && name.starts_with("build");
      if (build || name.starts_with('.')) entry.disable_recursion_pending();
      continue;
    }
    if (!is_cpp(name)) continue;
    std::ifstream stream(entry->path(), std::ios::binary);
    files.push_back({entry->path().lexically_relative(root).generic_string(),
                     std::string(std::istreambuf_iterator<char>(stream), {})});
  }
  std::ranges::sort(files, {}, &File::path);
  return files;
}

std::vector<std::size_t> lines_with_violations(const std::vector<Violation>& violations) {
  std::vector<std::size_t> lines;
  for (const Violation& violation : violations)
    lines.push_back(violation.line);
  return lines;
}

using Lines = std::vector<std::size_t>;

const PublicHeaders headers = public_headers_of({
    {"protocol/include/muster/detail/buffer.hpp", ""},
    {"client/include/muster/client.hpp", ""},
    {"launcher/include/muster/muster.hpp", ""},
});

Lines arrow_lines(std::string path, std::string text) {
  return lines_with_violations(check_arrows({std::move(path), std::move(text)}, headers));
}

}  // namespace

TEST_CASE("the source tree keeps its own rules") {
  std::vector<File> files = read_tree(MUSTER_SOURCE_DIR);
  // An empty walk would find nothing wrong.
  REQUIRE(std::ranges::any_of(
      files, [](const File& file) { return file.path == "tests/tidy/tidy_test.cpp"; }));
  for (const Violation& violation : check_tree(files)) {
    FAIL_CHECK(violation.path << ":" << violation.line << ": " << violation.remedy);
  }
}

TEST_CASE("includes along the arrows are fine") {
  CHECK(arrow_lines("controller/a.cpp",
                    "#include <map>\n#include \"protocol/record.hpp\"\n"
                    "#include \"controller/a.hpp\"\n#include <zmq.hpp>\n")
            .empty());
  CHECK(arrow_lines("launcher/a.cpp", "#include \"client/a.hpp\"\n#include \"engine/a.hpp\"\n")
            .empty());
  CHECK(arrow_lines("client/a.cpp",
                    "#include <muster/client.hpp>\n"
                    "#include <muster/detail/buffer.hpp>\n")
            .empty());
  CHECK(arrow_lines("tests/a.cpp", "#include \"client/a.hpp\"\n#include \"b.hpp\"\n").empty());
}

TEST_CASE("an include against the arrows is found at its line") {
  CHECK(arrow_lines("protocol/a.cpp", "\n#include \"engine/a.hpp\"\n") == Lines{2});
  CHECK(arrow_lines("client/a.cpp", "#include \"controller/a.hpp\"\n") == Lines{1});
  CHECK(arrow_lines("engine/a.hpp", "  #  include \"launcher/a.hpp\"\n") == Lines{1});
  CHECK(arrow_lines("controller/a.hpp", "#include <muster/client.hpp>\n") == Lines{1});
  CHECK(arrow_lines("client/include/muster/client.hpp", "#include <muster/muster.hpp>\n") ==
        Lines{1});
}

TEST_CASE("a private header that isn't named from the root is found") {
  CHECK(arrow_lines("client/a.cpp", "#include \"a.hpp\"\n") == Lines{1});
  CHECK(arrow_lines("client/a.cpp", "#include \"../engine/a.hpp\"\n") == Lines{1});
  CHECK(arrow_lines("client/a.cpp", "#include <muster/absent.hpp>\n") == Lines{1});
}

TEST_CASE("a public header shows users std and msgpack only") {
  File good{"client/include/muster/a.hpp",
            "#include <map>\n#include <msgpack.hpp>\n#include <muster/detail/buffer.hpp>\n"};
  CHECK(check_public_header(good).empty());
  File bad{"client/include/muster/a.hpp",
           "#include <zmq.hpp>\n#include <asio/io_context.hpp>\n#include \"client/a.hpp\"\n"};
  CHECK(lines_with_violations(check_public_header(bad)) == Lines{1, 2, 3});
  File inside{"client/a.hpp", "#include <zmq.hpp>\n"};
  CHECK(check_public_header(inside).empty());
}

TEST_CASE("long files, long lines, tabs and trailing blanks are found") {
  std::string full_line(line_columns_max - 1, 'x');
  CHECK(check_layout({"client/a.cpp", full_line + "…\n"}).empty());
  CHECK(lines_with_violations(check_layout({"client/a.cpp", "\n" + full_line + "xx\n"})) ==
        Lines{2});
  CHECK(lines_with_violations(check_layout({"client/a.cpp", "a\tb\nc \n"})) == Lines{1, 2});
  CHECK(lines_with_violations(check_layout({"client/a.cpp", "a"})) == Lines{1});
  std::string full_file(file_lines_max, '\n');
  CHECK(check_layout({"client/a.cpp", full_file}).empty());
  CHECK(lines_with_violations(check_layout({"client/a.cpp", full_file + "\n"})) ==
        Lines{file_lines_max + 1});
}

TEST_CASE("a file named as a drawer is found") {
  CHECK(check_name({"client/session.cpp", ""}).empty());
  CHECK(check_name({"client/commonplace.cpp", ""}).empty());
  CHECK(check_name({"client/utils.hpp", ""}).size() == 1);
  CHECK(check_name({"client/session_manager.cpp", ""}).size() == 1);
  CHECK(check_name({"tests/common_test.cpp", ""}).size() == 1);
}

TEST_CASE("a header without its guard or its purpose is found") {
  CHECK(check_header({"client/a.hpp", "#pragma once\n// What a is for.\n"}).empty());
  CHECK(check_header({"client/a.hpp", "// What a is for.\n#pragma once\n"}).size() == 1);
  CHECK(check_header({"client/a.hpp", "#pragma once\n\n\n\n\n\n\n\n// Too late.\n"}).size() == 1);
  CHECK(check_header({"client/a.hpp", ""}).size() == 2);
  CHECK(check_header({"client/a.cpp", ""}).empty());
}

TEST_CASE("an example that is long or needs more than Muster's header is found") {
  CHECK(
      check_example({"examples/a.cpp", "#include <map>\n#include <muster/muster.hpp>\n"}).empty());
  CHECK(lines_with_violations(check_example({"examples/a.cpp",
                                             "#include <fcntl.h>\n#include <muster/client.hpp>\n"
                                             "#include \"b.hpp\"\n"})) == Lines{1, 2, 3});
  CHECK(check_example({"examples/a.cpp", std::string(example_lines_max + 1, '\n')}).size() == 1);
  CHECK(check_example({"tests/a.cpp", std::string(example_lines_max + 1, '\n')}).empty());
}

TEST_CASE("a test whose name would never be run is found") {
  CHECK(check_test_names({"tests/a.cpp", "TEST_CASE(\"one, two\") {  // it; them\n"}).empty());
  CHECK(lines_with_violations(check_test_names({"tests/a.cpp", "\nTEST_CASE(\"one; two\") {\n"})) ==
        Lines{2});
}

TEST_CASE("a decision by a clock that can be set back is found") {
  CHECK(check_clocks({"client/wall_clock.hpp", "std::chrono::system_clock::now()\n"}).empty());
  CHECK(check_clocks({"tests/a.cpp", "std::chrono::system_clock::now()\n"}).empty());
  CHECK(check_clocks({"controller/core.cpp", "steady_clock::now()\n"}).empty());
  CHECK(lines_with_violations(check_clocks(
            {"controller/core.cpp", "\nstd::chrono::system_clock::now()\nCLOCK_REALTIME\n"})) ==
        Lines{2, 3});
}

}  // namespace muster::tidy
