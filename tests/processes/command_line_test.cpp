// The `muster` command as a shell sees it: exit codes, what goes to stdout and what to stderr.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>

#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using Catch::StartsWith;
using muster::test::Child;
using muster::test::Finished;
using muster::test::program;
using muster::test::Sandbox;

namespace {

/// Whatever a test starts in the background ends before its sandbox looks for what is left.
struct Background {
  ~Background() { sandbox.muster({"stop", "--all", "--timeout", "0"}); }
  Sandbox sandbox;
};

}  // namespace

TEST_CASE("the version and the help go to stdout and succeed") {
  const Sandbox sandbox;
  const Finished version = sandbox.muster({"--version"});
  CHECK(version.code == 0);
  CHECK_THAT(version.out, StartsWith("muster "));
  CHECK(version.err.empty());
  const Finished help = sandbox.muster({"--help"});
  CHECK(help.code == 0);
  for (const char* command : {"start", "stop", "status", "list"}) {
    CHECK_THAT(help.out, Contains(command));
  }
  CHECK(help.err.empty());
}

TEST_CASE("a command line that makes no sense is refused with 2, on stderr, with a suggestion") {
  const Sandbox sandbox;
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& word) {
    const Finished finished = sandbox.muster(arguments);
    CAPTURE(arguments);
    CHECK(finished.code == 2);
    CHECK(finished.out.empty());
    CHECK_THAT(finished.err, Contains(word));
  };
  refused({"start", "--deamonize"}, "--daemonize");
  refused({"stauts"}, "status");
  refused({"start", "-n", "-1"}, "-1");
  refused({"start", "-n", "many"}, "many");
  refused({"start", "--scheme", "random"}, "leastload");
  refused({"start", "--profile", "../elsewhere"}, "../elsewhere");
  refused({"list", "--format", "xml"}, "json");
  refused({}, "--help");
  refused({"start", "-n"}, "--engines needs a value");
  refused({"start", "extra"}, "takes no argument 'extra'");
  refused({"start", "--daemonize=3"}, "--daemonize");
  refused({"start", "--scheme", "roundrobbin"}, "Did you mean roundrobin?");
  refused({"--profile", "x", "start"}, "muster start --profile");
  refused({"run"}, "muster run -- hostname");
  refused({"run", "--al", "--", "ls"}, "--all");
  refused({"run", "--engine", "1", "ls", "-d", "/"}, "muster run --engine 1 -- ls -d /");
  refused({"config", "shwo"}, "show");
}

TEST_CASE("stop and status of a cluster that doesn't run say so on stderr, with 11 and 3") {
  const Sandbox sandbox;
  const Finished stop = sandbox.muster({"stop"});
  CHECK(stop.code == 11);
  CHECK(stop.out.empty());
  CHECK_THAT(stop.err, Contains("is not running"));
  CHECK(sandbox.muster({"stop", "--all"}).code == 11);
  const Finished status = sandbox.muster({"status"});
  CHECK(status.code == 3);
  CHECK(status.out.empty());
  CHECK_THAT(status.err, Contains("muster start"));
  CHECK(sandbox.muster({"status", "--json"}).code == 3);
}

TEST_CASE("list of no clusters is empty and succeeds") {
  const Sandbox sandbox;
  CHECK(sandbox.muster({"list"}).code == 0);
  const Finished list = sandbox.muster({"list", "--format", "json"});
  CHECK(list.code == 0);
  CHECK(nlohmann::json::parse(list.out) == nlohmann::json::array());
}

TEST_CASE("a cluster in the background stays when nobody reads what its start says") {
  const Background background;
  const Sandbox& sandbox = background.sandbox;
  const std::string start = muster::test::program("muster") + " start -n 1 --daemonize";
  const Finished shell = muster::test::run(
      {"/bin/sh", "-c", "exec 3>&1; { " + start + "; echo $? >&3; } | true; wait"},
      sandbox.path() / "outputs");
  CHECK(shell.out == "0\n");
  CHECK(sandbox.muster({"status"}).code == 0);
}

TEST_CASE("a cluster in the background is started, seen, not started twice, and stopped") {
  const Background background;
  const Sandbox& sandbox = background.sandbox;
  const Finished start = sandbox.muster({"start", "-n", "2", "--daemonize"});
  INFO(start.err);
  REQUIRE(start.code == 0);
  CHECK(start.err.empty());
  CHECK_THAT(start.out, Contains("2 engines") && Contains("muster stop"));

  const Finished again = sandbox.muster({"start", "-n", "2", "--daemonize"});
  CHECK(again.code == 10);
  CHECK(again.out.empty());
  CHECK_THAT(again.err, Contains("already running"));
  CHECK(sandbox.muster({"start"}).code == 10);

  const Finished status = sandbox.muster({"status"});
  CHECK(status.code == 0);
  CHECK_THAT(status.out, Contains("ready"));
  const auto json = nlohmann::json::parse(sandbox.muster({"status", "--json"}).out);
  REQUIRE(json.at("engines").size() == 2);
  for (const auto& engine : json.at("engines"))
    CHECK(engine.at("state") == "ready");

  const Finished list = sandbox.muster({"list", "--format", "json"});
  CHECK(list.code == 0);
  const auto clusters = nlohmann::json::parse(list.out);
  REQUIRE(clusters.size() == 1);
  CHECK(clusters.at(0).at("profile") == "default");
  CHECK(clusters.at(0).at("cluster_id") == "default");
  CHECK(clusters.at(0).at("engines") == 2);

  const Finished stop = sandbox.muster({"stop"});
  CHECK(stop.code == 0);
  CHECK(stop.err.empty());
  CHECK_THAT(stop.out, Contains("stopped"));
  CHECK(sandbox.processes().empty());  // it has waited for them
}

TEST_CASE("start may follow stop at once, again and again") {
  const Background background;
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    const Finished start = background.sandbox.muster({"start", "-n", "1", "--daemonize"});
    INFO(start.err);
    REQUIRE(start.code == 0);
    REQUIRE(background.sandbox.muster({"stop"}).code == 0);
  }
}

TEST_CASE("the connection file is for its owner only, in directories for their owner only") {
  const muster::test::Cluster cluster(0);
  const auto state = cluster.sandbox().path() / "state/muster";
  const auto mode = [](const std::filesystem::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  CHECK(mode(state) == 0700);
  CHECK(mode(state / "default/default") == 0700);
  CHECK(mode(state / "default/default/connection.json") == 0600);
}

TEST_CASE("clusters of different names run side by side, and stop --all ends them all") {
  const Background background;
  const Sandbox& sandbox = background.sandbox;
  REQUIRE(sandbox.muster({"start", "-n", "0", "--daemonize"}).code == 0);
  REQUIRE(sandbox.muster({"start", "-n", "0", "--daemonize", "--profile", "other"}).code == 0);
  REQUIRE(sandbox.muster({"start", "-n", "0", "--daemonize", "--cluster-id", "b"}).code == 0);
  CHECK(nlohmann::json::parse(sandbox.muster({"list", "--format", "json"}).out).size() == 3);
  CHECK(sandbox.muster({"stop", "--profile", "other"}).code == 0);
  CHECK(sandbox.muster({"status", "--profile", "other"}).code == 3);
  CHECK(sandbox.muster({"status", "--cluster-id", "b"}).code == 0);
  CHECK(sandbox.muster({"stop", "--all"}).code == 0);
  CHECK(sandbox.processes().empty());
}

TEST_CASE("a cluster in the foreground says what to do next and ends on Ctrl-C with all it has") {
  const Sandbox sandbox;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    Child start({program("muster"), "start", "-n", "2"}, sandbox.path() / "outputs");
    REQUIRE(start.has_said("muster stop"));
    start.signal(signal);
    const Finished finished = start.wait();
    CHECK(finished.code == 0);
    CHECK_THAT(finished.out, Contains("stopped"));
    CHECK(finished.err.empty());
    CHECK(sandbox.processes().empty());
  }
}

TEST_CASE("Ctrl-C while a cluster in the background starts leaves no process") {
  const Sandbox sandbox;
  // At different moments of the start, as the shortest of pauses of a busy machine has it.
  for (int looks = 0; looks < 6; ++looks) {
    Child start({program("muster"), "start", "-n", "2", "--daemonize"}, sandbox.path() / "outputs");
    muster::test::eventually(
        [&] { return sandbox.processes().size() >= static_cast<std::size_t>(looks + 1); });
    start.signal(SIGINT);
    const Finished finished = start.wait();
    // It may have been faster; then it has told of a cluster, which has to be stopped.
    CAPTURE(looks, finished.signal, finished.out);
    if (!finished.out.empty()) sandbox.muster({"stop"});
    CHECK(sandbox.becomes_empty());
  }
}

TEST_CASE("the files of a run are gone when it has ended") {
  const Background background;
  REQUIRE(background.sandbox.muster({"start", "-n", "1", "--daemonize"}).code == 0);
  REQUIRE(background.sandbox.muster({"stop"}).code == 0);
  const auto& path = background.sandbox.path();
  CHECK_FALSE(std::filesystem::exists(path / "state/muster/default/default/connection.json"));
  for (const auto& user : std::filesystem::directory_iterator(path / "tmp")) {
    CHECK(std::filesystem::is_empty(user.path()));
  }
}

TEST_CASE(
    "the option --log-file takes what all processes of a cluster log, --log-level says how much") {
  const Background background;
  const Sandbox& sandbox = background.sandbox;
  const auto log = sandbox.path() / "all.log";
  const auto text_of_log = [&] {
    std::ifstream file(log);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  REQUIRE(sandbox.muster({"start", "-n", "1", "--daemonize", "--log-file", log.string()}).code ==
          0);
  CHECK(sandbox.muster({"stop"}).code == 0);
  for (const char* role : {"launcher[", "controller[", "node["})
    CHECK_THAT(text_of_log(), Contains(role));
  CHECK((std::filesystem::status(log).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
  std::filesystem::remove(log);
  REQUIRE(sandbox
              .muster({"start", "-n", "1", "--daemonize", "--log-file", log.string(), "--log-level",
                       "error"})
              .code == 0);
  CHECK(sandbox.muster({"stop"}).code == 0);
  CHECK(text_of_log().empty());
}

TEST_CASE("clean removes what a killed cluster has left, says what, and leaves the living alone") {
  const Background background;
  const Sandbox& sandbox = background.sandbox;
  REQUIRE(sandbox.muster({"start", "-n", "1", "--daemonize", "--profile", "dead"}).code == 0);
  REQUIRE(sandbox.muster({"start", "-n", "1", "--daemonize", "--profile", "living"}).code == 0);
  const auto state = sandbox.path() / "state/muster";
  const auto file = muster::wire::read_connection_file(state / "dead/default/connection.json");
  const std::string sockets = std::filesystem::path(file.control_endpoint.substr(6)).parent_path();
  // All of it at once, so that nobody can clean up.
  std::vector<pid_t> dead;
  for (const pid_t pid : sandbox.processes()) {
    std::error_code ended;
    bool has_log = false;
    const auto files = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(files, ended)) {
      const auto log = std::filesystem::read_symlink(entry.path(), ended);
      if (log.string().find("/dead/default/log") != std::string::npos) has_log = true;
    }
    if (has_log) dead.push_back(pid);
  }
  REQUIRE(dead.size() >= 4);
  for (const int signal : {SIGSTOP, SIGKILL}) {
    for (const pid_t pid : dead)
      ::kill(pid, signal);
  }
  const auto lines = [&](const Finished& finished) {
    return (finished.out.find(sockets) != std::string::npos) &&
           (finished.out.find((state / "dead/default").string()) != std::string::npos);
  };
  REQUIRE(muster::test::eventually([&] { return lines(sandbox.muster({"clean", "--dry-run"})); }));
  CHECK(std::filesystem::exists(sockets));
  const Finished clean = sandbox.muster({"clean"});
  CHECK(clean.code == 0);
  CHECK(lines(clean));
  CHECK_THAT(clean.out, !Contains("living"));
  CHECK_FALSE(std::filesystem::exists(sockets));
  CHECK_FALSE(std::filesystem::exists(state / "dead"));
  CHECK(sandbox.muster({"status", "--profile", "living"}).code == 0);
  CHECK_THAT(sandbox.muster({"clean"}).out, Contains("nothing to remove"));
}

TEST_CASE("clean --cache removes programs that nobody uses") {
  const Sandbox sandbox;
  const auto cache = sandbox.path() / "cache/muster/images";
  std::filesystem::create_directories(cache);
  std::filesystem::permissions(cache, std::filesystem::perms::owner_all);
  std::ofstream(cache / "used") << "x";
  std::ofstream(cache / "unused") << "x";
  const muster::wire::Descriptor used(::open((cache / "used").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(used.get(), LOCK_SH) == 0);
  CHECK_THAT(sandbox.muster({"clean"}).out, Contains("nothing to remove"));
  CHECK_THAT(sandbox.muster({"clean", "--cache", "--dry-run"}).out, Contains("images/unused"));
  CHECK(std::filesystem::exists(cache / "unused"));
  CHECK_THAT(sandbox.muster({"clean", "--cache"}).out, !Contains("images/used"));
  CHECK_FALSE(std::filesystem::exists(cache / "unused"));
  CHECK(std::filesystem::exists(cache / "used"));
}

TEST_CASE("the demo survives its own kill, counts right, and leaves nothing") {
  const Sandbox sandbox;
  const Finished demo = sandbox.muster({"demo"});
  INFO(demo.err);
  CHECK(demo.code == 0);
  CHECK(demo.err.empty());
  CHECK_THAT(demo.out, Contains("kill -9") && Contains("664579 primes, as it should be"));
  CHECK(sandbox.processes().empty());
  CHECK_FALSE(std::filesystem::exists(sandbox.path() / "state/muster"));
  for (const auto& user : std::filesystem::directory_iterator(sandbox.path() / "tmp"))
    CHECK(std::filesystem::is_empty(user.path()));
}

TEST_CASE("an interrupted demo leaves nothing either") {
  const Sandbox sandbox;
  Child demo({program("muster"), "demo"}, sandbox.path() / "outputs");
  REQUIRE(muster::test::eventually([&] { return sandbox.processes().size() >= 3; }));
  demo.signal(SIGINT);
  CHECK(demo.wait().code == 128 + SIGINT);
  CHECK(sandbox.processes().empty());
  for (const auto& user : std::filesystem::directory_iterator(sandbox.path() / "tmp"))
    CHECK(std::filesystem::is_empty(user.path()));
}
