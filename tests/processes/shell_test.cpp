// Commands of the system as tasks, by a program and by `muster run`.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using Catch::Contains;
using muster::ShellResult;
using muster::test::bound;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Gate;

using namespace std::chrono_literals;

namespace {

double half(double x) {
  return x / 2;
}

pid_t number_in(const std::string& file) {
  pid_t number = 0;
  std::ifstream(file) >> number;
  return number;
}

/// Notes the numbers of a process and of its child, and stays.
std::string family(const Gate& gate) {
  return "cd " + gate.path() +
         "; sleep 1000 & echo $! > part; mv part child; echo $$ > part; mv part parent;"
         " sleep 1000; wait";
}

bool has_ended(const std::string& note) {
  const pid_t pid = number_in(note);
  return eventually([pid] { return ::kill(pid, 0) != 0; });
}

}  // namespace

TEST_CASE("a command gives its exit code and what it has written to stdout and stderr") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const ShellResult made = view.shell("echo one; echo two >&2; exit 3").get(bound);
  CHECK(made.exit_code == 3);
  CHECK_FALSE(made.ok());
  CHECK(made.out == "one\n");
  CHECK(made.err == "two\n");
  CHECK(made.out_left_out == 0);
  // Without a shell every word is what it is.
  const std::string odd = "$HOME; echo 'x' | cat";
  CHECK(view.shell({"printf", "%s", odd}).get(bound).out == odd);
  CHECK(view.shell("kill -TERM $$").get(bound).exit_code == 128 + SIGTERM);
  const ShellResult missing = view.shell({"no-such-program"}).get(bound);
  CHECK(missing.exit_code == 127);
  CHECK_THAT(missing.err, Contains("no-such-program"));
  CHECK_THROWS_AS(view.shell(""), muster::ClusterError);
}

TEST_CASE("a command gets variables, a directory and bytes to read") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const std::string here = cluster.sandbox().path();
  CHECK(
      view.shell("echo $COLOUR; pwd", {.env = {{"COLOUR", "blue"}}, .cwd = here}).get(bound).out ==
      "blue\n" + here + "\n");
  std::string bytes(300'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 31);
  CHECK(view.shell("cat", {.input = bytes}).get(bound).out == bytes);
  CHECK(view.shell("cat").get(bound).out.empty());
  CHECK_THROWS_WITH(view.shell("true", {.cwd = here + "/nowhere"}).get(bound),
                    Contains(here + "/nowhere") && Contains("No such file"));
  CHECK_THROWS_AS(view.shell("true", {.env = {{"A=B", "c"}}}), muster::ClusterError);
}

TEST_CASE("a command that fails is a value, and with .check a TaskError that says what it said") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const std::string line = "echo first >&2; echo no disk >&2; exit 7";
  CHECK(view.shell(line).get(bound).exit_code == 7);
  CHECK_THROWS_AS(view.shell(line, {.check = true}).get(bound), muster::TaskError);
  CHECK_THROWS_WITH(view.shell(line, {.check = true}).get(bound),
                    Contains(line) && Contains("exit code 7") && Contains("no disk"));
  CHECK(view.shell("true", {.check = true}).get(bound).ok());
  // It may be tried again like any task that throws.
  Gate gate(cluster.sandbox().path());
  const auto again =
      view.with({.retries = 2})
          .shell("echo >> tries; test $(wc -l < tries) -eq 3", {.cwd = gate.path(), .check = true});
  CHECK(again.get(bound).ok());
  CHECK(again.info().attempts == 3);
}

TEST_CASE("of more output than was asked for the middle is missing, and that is said") {
  Cluster cluster(1);
  muster::Client client;
  const ShellResult much =
      client.load_balanced_view().shell("seq 100000", {.output_max = 1000}).get(bound);
  CHECK(much.exit_code == 0);
  CHECK_THAT(much.out, Catch::StartsWith("1\n2\n") && Catch::EndsWith("\n100000\n") &&
                           Contains(std::to_string(much.out_left_out) + " bytes were left out"));
  CHECK(much.out_left_out > 500'000);
  CHECK(much.out.size() < 1100);
}

TEST_CASE("a cancelled command ends, and all that it has started") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  REQUIRE(view.shell("true").get(bound).ok());
  const auto engines = cluster.engines();
  const auto command = view.shell(family(gate));
  REQUIRE(gate.has_notes("parent", 1));
  CHECK(command.cancel() == muster::CancelOutcome::running);
  CHECK_THROWS_AS(command.get(bound), muster::Cancelled);
  CHECK(has_ended(gate.path() + "/child"));
  CHECK(has_ended(gate.path() + "/parent"));
  // It is asked first, and may tidy up; the engine is unharmed.
  const auto tidy = view.shell("trap 'touch tidied; exit' INT; touch waiting; sleep 1000 & wait",
                               {.cwd = gate.path(), .stop_signal = SIGINT});
  REQUIRE(gate.has_notes("waiting", 1));
  tidy.cancel();
  CHECK_THROWS_AS(tidy.get(bound), muster::Cancelled);
  CHECK(gate.has_notes("tidied", 1));
  CHECK(cluster.engines() == engines);
}

TEST_CASE("a command ends with its process group when its engine is killed") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto command = client.all().shell(family(gate));
  REQUIRE(gate.has_notes("parent", 1));
  for (const pid_t engine : cluster.engines())
    ::kill(engine, SIGKILL);
  CHECK_THROWS_AS(command.get(bound), muster::CompositeError);
  CHECK(has_ended(gate.path() + "/child"));
  CHECK(has_ended(gate.path() + "/parent"));
}

TEST_CASE("a command past its timeout ends with its process group") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto command = client.load_balanced_view().shell(
      "trap '' TERM; " + family(gate), {.timeout = muster::test::messages_are_lost ? 20s : 2s});
  REQUIRE(gate.has_notes("parent", 1));
  CHECK_THROWS_AS(command.get(bound * 2), muster::TimedOut);
  CHECK(has_ended(gate.path() + "/child"));
  CHECK(has_ended(gate.path() + "/parent"));
}

TEST_CASE("commands stand among other tasks: after them, on each engine, read while they run") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto first = view.shell("echo done > first", {.cwd = gate.path()});
  const auto second = view.with({.after = {first}}).shell({"cat", gate.path() + "/first"});
  CHECK(second.get(bound).out == "done\n");
  CHECK(view.with({.after = {second}}).apply<half>(3.0).get(bound) == 1.5);

  const std::vector<ShellResult> each = client.all().shell("echo $$").get(bound);
  REQUIRE(each.size() == 2);
  CHECK(each[0].out != each[1].out);
  CHECK(client[1].shell("exit 2").get(bound).exit_code == 2);

  const auto slow = view.shell(
      "echo begun; until test -e " + gate.path() + "/open; do sleep 0.01; done", {.stream = true});
  CHECK(eventually([&] { return slow.output().out == "begun\n"; }));
  gate.open();
  CHECK(slow.get(bound).out.empty());
}

TEST_CASE("muster run runs a command on the engines that are named") {
  Cluster cluster(4);
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--", "sh", "-c", "echo here; exit 4"});
    return cluster.sandbox().muster(arguments);
  };
  const Finished some = run({"-t", "3,0:2"});
  CHECK(some.code == 4);
  CHECK(some.out == "[0] here\n[1] here\n[3] here\n");
  CHECK(run({"-t", "3,0:2", "--group", "order"}).out == "[3] here\n[0] here\n[1] here\n");
  CHECK(run({"-t", "-1"}).out == "here\n");
  CHECK(run({"--targets", "::-2"}).out == "[1] here\n[3] here\n");
  const Finished none = run({"-t", "9"});
  CHECK(none.code == 125);
  CHECK_THAT(none.err, Contains("no engine 9") && Contains("0, 1, 2, 3"));
  CHECK_THAT(run({"-t", "a"}).err, Contains("'a' names no engines"));
  CHECK_THAT(run({"-t", "7:"}).err, Contains("names none of the engines"));
  const Finished unset = run({"-t", ""});
  CHECK(unset.code == 2);
  CHECK(unset.out.empty());
  CHECK_THAT(unset.err, Contains("names no engine"));
}

TEST_CASE("muster run --stream shows lines while the command runs") {
  Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  Child run({muster::test::program("muster"), "run", "-t", "1", "--stream", "--", "sh", "-c",
             "echo begun; until test -e " + gate.path() + "/open; do sleep 0.01; done; exit 5"},
            cluster.sandbox().path());
  CHECK(run.has_said("[1] begun\n"));
  gate.open();
  CHECK(run.wait().code == 5);
}

TEST_CASE("Ctrl-C in muster run reaches what it runs, and ends it") {
  Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  Child run(
      {muster::test::program("muster"), "run", "--all", "--", "sh", "-c",
       "cd " + gate.path() +
           "; trap 'touch told.$$; exit' INT; echo begun; touch running.$$; sleep 1000 & wait"},
      cluster.sandbox().path());
  REQUIRE(gate.has_notes("running", 2));
  run.signal(SIGINT);
  const Finished ended = run.wait();
  CHECK(ended.code == 128 + SIGINT);
  CHECK(ended.out == "[0] begun\n[1] begun\n");
  CHECK(gate.has_notes("told", 2));
  CHECK(cluster.status().at("engines").size() == 2);
}
