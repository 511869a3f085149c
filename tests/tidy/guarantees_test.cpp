// docs/guarantees.md names the tests that show each line: they have to exist.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string all_tests() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(MUSTER_SOURCE_DIR "/tests")) {
    if (entry.path().string().ends_with("_test.cpp")) text += text_of(entry.path());
  }
  return text;
}

}  // namespace

TEST_CASE("every test that docs/guarantees.md names exists, and every line names one") {
  const std::string tests = all_tests();
  std::ifstream page(MUSTER_SOURCE_DIR "/docs/guarantees.md");
  int lines = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.starts_with("| event ")) continue;
    ++lines;
    const std::string names = line.substr(line.rfind(" | ", line.size() - 3) + 3);
    CAPTURE(line);
    const std::regex separator("; |\\w+_test: | \\|");
    int found = 0;
    for (std::sregex_token_iterator name(names.begin(), names.end(), separator, -1), end;
         name != end; ++name) {
      if (name->length() == 0) continue;
      ++found;
      CHECK_THAT(tests, Catch::Contains('"' + name->str() + '"'));
    }
    CHECK(found > 0);
  }
  CHECK(lines > 20);
}
