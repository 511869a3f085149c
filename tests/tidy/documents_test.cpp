// Documents that name tests, mutants and errors name those that exist, and all of them.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

const fs::path source = MUSTER_SOURCE_DIR;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

/// The sentences of all test cases. One that is long is a line of its own, or several literals.
std::set<std::string> sentences() {
  static const std::regex glue("\"\\s*\n\\s*\"");
  static const std::regex test("TEST_CASE(?:_METHOD)?\\(\\s*(?:\\w+,\\s*)?\"([^\"]*)\"");
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(source / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    found.merge(all_matches(std::regex_replace(content(entry.path()), glue, ""), test));
  }
  return found;
}

}  // namespace

TEST_CASE("the rules and the guarantees name tests and mutants that exist") {
  const std::set<std::string> known = sentences();
  REQUIRE(known.size() > 100);
  for (const char* name : {"rules.md", "guarantees.md"}) {
    if (!fs::exists(source / "docs" / name)) continue;
    const std::string text = content(source / "docs" / name);
    for (const std::string& sentence : all_matches(text, std::regex("\n- \"([^\"]*)\""))) {
      CAPTURE(name, sentence);
      CHECK(known.contains(sentence));
    }
  }
  const std::string rules = content(source / "docs/rules.md");
  std::set<std::string> named;
  for (const std::string& line : all_matches(rules, std::regex("\n- mutants? ([^\n]*)")))
    named.merge(all_matches(line, std::regex("`([^`]*)`")));
  CHECK(named.size() > 20);
  for (const std::string& mutant : named) {
    CAPTURE(mutant);
    CHECK(fs::exists(source / "tests/mutants" / (mutant + ".patch")));
  }
}

TEST_CASE("every error has its line in the page of errors") {
  const std::string header = content(source / "protocol/include/muster/error.hpp");
  const std::string page = content(source / "docs/errors.md");
  const auto errors = all_matches(header, std::regex("class (\\w+) : public ClusterError"));
  REQUIRE(errors.size() > 10);
  for (const std::string& error : errors) {
    CAPTURE(error);
    CHECK(page.find("| `" + error + "` |") != std::string::npos);
  }
}
