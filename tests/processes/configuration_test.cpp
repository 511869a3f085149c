// Options from the environment and from configuration files, as a shell sees them; and what is made
// from the table of options: manual pages, completion, the table of README.md.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using Catch::StartsWith;
using muster::test::Finished;
using muster::test::program;
using muster::test::Sandbox;
using muster::test::Variables;

namespace {

namespace fs = std::filesystem;

/// A sandbox with a configuration file in the place where it is looked for.
class Configured {
 public:
  explicit Configured(const std::string& text)
      : file_(sandbox_.path() / "config/muster/config.toml") {
    fs::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }
  const fs::path& file() const { return file_; }
  Finished muster(std::vector<std::string> arguments, const Variables& variables = {}) const {
    arguments.insert(arguments.begin(), program("muster"));
    return muster::test::run(std::move(arguments), sandbox_.path() / "outputs", variables);
  }
  nlohmann::json shown(std::vector<std::string> arguments, const Variables& variables = {}) const {
    arguments.insert(arguments.begin(), {"config", "show", "--json"});
    const Finished finished = muster(std::move(arguments), variables);
    INFO(finished.err);
    REQUIRE(finished.code == 0);
    return nlohmann::json::parse(finished.out);
  }

 private:
  Sandbox sandbox_;
  fs::path file_;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has_program(const std::string& name, const Sandbox& sandbox) {
  return muster::test::run({"/bin/sh", "-c", "command -v " + name}, sandbox.path() / "outputs")
             .code == 0;
}

}  // namespace

TEST_CASE("a value's origin is shown: flag before environment before file before default") {
  const Configured configured(
      "profile = \"of-file\"\ncluster-id = \"of-file\"\n\n[start]\nengines = 3\nhwm = 4\n");
  const std::string file = configured.file().string();
  const auto shown = configured.shown({"--profile", "of-flag"},
                                      {{"MUSTER_PROFILE", "of-env"}, {"MUSTER_START_HWM", "7"}});
  const auto origin = [](const nlohmann::json& setting) {
    return setting.at("value").dump() + " " + setting.at("origin").get<std::string>();
  };
  CHECK(origin(shown.at("profile")) == "\"of-flag\" flag");
  CHECK(origin(shown.at("cluster-id")) == "\"of-file\" " + file + ":2");
  CHECK(origin(shown.at("start").at("engines")) == "3 " + file + ":5");
  CHECK(origin(shown.at("start").at("hwm")) == "7 environment MUSTER_START_HWM");
  CHECK(origin(shown.at("start").at("scheme")) == "\"leastload\" default");
  CHECK(origin(shown.at("start").at("daemonize")) == "false default");
}

TEST_CASE("what config show prints as TOML is a configuration file that means the same") {
  const Configured configured("[start]\nengines = 3\ndaemonize = true\nscheme = \"roundrobin\"\n");
  const Finished shown = configured.muster({"config", "show"});
  REQUIRE(shown.code == 0);
  std::ofstream(configured.file()) << shown.out;
  const auto again = configured.shown({});
  CHECK(again.at("start").at("engines").at("value") == 3);
  CHECK(again.at("start").at("daemonize").at("value") == true);
  CHECK(again.at("start").at("scheme").at("value") == "roundrobin");
}

TEST_CASE("a mistake in the configuration is refused with 2, its file, its line and a suggestion") {
  const Configured configured("");
  const auto refused = [&](const std::string& text, const std::string& line,
                           const std::string& words) {
    std::ofstream(configured.file()) << text;
    const Finished finished = configured.muster({"list"});
    CAPTURE(text);
    CHECK(finished.code == 2);
    CHECK(finished.out.empty());
    CHECK_THAT(finished.err,
               Contains(configured.file().string() + ":" + line + ":") && Contains(words));
  };
  refused("[start]\n\nengine = 3\n", "3", "did you mean engines?");
  refused("[strat]\nengines = 3\n", "1", "did you mean start?");
  refused("profil = \"a\"\n", "1", "did you mean profile?");
  refused("[start]\nengines = \"3\"\n", "2", "a number");
  refused("[start]\nscheme = 3\n", "2", "a text in quotes");
  refused("[start]\ndaemonize = \"yes\"\n", "2", "true or false");
  refused("[start]\nengines 3\n", "2", "");
  refused("[start]\nprofile = \"a\"\n", "2", "above the first section");
  refused("start = 3\n", "1", "[start]");
  refused("[start]\ntether = 3\n", "2", "no key tether");
  refused("[stop]\nall = true\n", "2", "no key all");
  // Help is for those who have to mend it.
  CHECK(configured.muster({"start", "--help"}).code == 0);
  CHECK(configured.muster({"version"}).code == 2);
}

TEST_CASE("a value out of range is refused where it holds, with its origin") {
  const Configured configured("[start]\nengines = 80000\n");
  const Finished start = configured.muster({"start"});
  CHECK(start.code == 2);
  CHECK_THAT(start.err, Contains(":2: --engines: '80000' isn't a number from 0 to 4096"));
  CHECK(configured.muster({"list"}).code == 0);
  const Finished from_environment = configured.muster({"list"}, {{"MUSTER_LIST_FORMAT", "xml"}});
  CHECK(from_environment.code == 2);
  CHECK_THAT(from_environment.err, Contains("MUSTER_LIST_FORMAT"));
}

TEST_CASE(
    "the option --config reads another file, which has to be there, and your own isn't looked at") {
  const Configured configured("[nonsense]\n");
  const std::string other = configured.file().string() + ".other";
  std::ofstream(other) << "[list]\nformat = \"json\"\n";
  CHECK(configured.muster({"list", "--config", other}).out == "[]\n");
  CHECK(configured.muster({"list", "--config=" + other}).out == "[]\n");
  CHECK(configured.muster({"list"}, {{"MUSTER_CONFIG", other}}).out == "[]\n");
  const Finished missing = configured.muster({"list", "--config", other + ".not"});
  CHECK(missing.code == 2);
  CHECK_THAT(missing.err, Contains(other + ".not"));
}

TEST_CASE("both spellings of JSON are understood by all that print it") {
  const Sandbox sandbox;
  CHECK(sandbox.muster({"list", "--json"}).out == "[]\n");
  CHECK(sandbox.muster({"list", "--format", "json"}).out == "[]\n");
  CHECK(sandbox.muster({"status", "--json"}).code == 3);
  CHECK(sandbox.muster({"status", "--format", "json"}).code == 3);
}

TEST_CASE("every help text fits into 80 columns") {
  const Sandbox sandbox;
  const Finished table = sandbox.muster({"describe"});
  REQUIRE(table.code == 0);
  std::istringstream rows(table.out);
  std::size_t commands = 0;
  for (std::string row; std::getline(rows, row);) {
    const std::size_t begin = row.find("`muster ");
    if (begin == std::string::npos) continue;
    ++commands;
    std::istringstream words(row.substr(begin + 8, row.find('`', begin + 1) - begin - 8));
    std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    arguments.push_back("--help");
    const Finished help = sandbox.muster(arguments);
    CAPTURE(row);
    CHECK(help.code == 0);
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 80);
    }
    CHECK_THAT(help.out, !Contains("--tether"));
  }
  CHECK(commands >= 6);
}

TEST_CASE("README.md's table of commands is the table of options") {
  const Sandbox sandbox;
  const Finished table = sandbox.muster({"describe"});
  INFO("put what `muster describe` prints into README.md:\n" << table.out);
  const std::string readme = text_of(fs::path(MUSTER_SOURCE_DIR) / "README.md");
  CHECK((readme.find(table.out) != std::string::npos));
}

TEST_CASE("the manual pages can be read, and bash completes commands, options and their words") {
  const Sandbox sandbox;
  const fs::path made = sandbox.path() / "made";
  REQUIRE(sandbox.muster({"describe", made.string()}).code == 0);
  CHECK_THAT(text_of(made / "man1/muster.1"), StartsWith(".TH MUSTER 1"));
  CHECK_THAT(text_of(made / "man1/muster-config-show.1"), Contains("MUSTER_PROFILE"));
  if (has_program("man", sandbox)) {
    const Finished page = muster::test::run({"/bin/sh", "-c",
                                             "LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l '" +
                                                 (made / "man1/muster-start.1").string() + "'"},
                                            sandbox.path() / "outputs");
    CHECK(page.code == 0);
    CHECK(page.err.empty());
    CHECK_THAT(page.out, Contains("--engines") && Contains("MUSTER_START_ENGINES"));
  }
  if (!has_program("bash", sandbox)) return;
  const auto completed = [&](const std::string& words, int at) {
    return muster::test::run({"/bin/bash", "-c",
                              ". '" + (made / "muster.bash").string() + "'; COMP_WORDS=(" + words +
                                  "); COMP_CWORD=" + std::to_string(at) +
                                  "; complete -p muster; _muster; echo \"${COMPREPLY[@]}\""},
                             sandbox.path() / "outputs")
        .out;
  };
  CHECK_THAT(completed("muster st", 1),
             Contains("start") && Contains("status") && Contains("-F _muster"));
  CHECK_THAT(completed("muster start --en", 2), Contains("--engines"));
  CHECK_THAT(completed("muster start --scheme r", 3), Contains("roundrobin"));
  CHECK_THAT(completed("muster config sh", 2), Contains("show"));
  CHECK_THAT(completed("muster config show --form", 3), Contains("--format"));
}
