// Clusters whose engines are in jobs that were submitted to Slurm, on hosts of the test bed.

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/slurm.hpp"

using Catch::Contains;
using muster::test::Child;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Gate;
using muster::test::program;
using muster::test::ranking;
using muster::test::role_of;
using muster::test::Sandbox;
using muster::test::Slurm;

namespace {

std::vector<std::string> words(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("muster"));
  return arguments;
}

/// The ids of the jobs that wait or run, each on a line.
std::string jobs(const Slurm& slurm) {
  return slurm.run({"squeue", "--noheader", "--array", "--format=%i"}).out;
}

/// A job that has all hosts for itself.
void occupy(const Slurm& slurm) {
  REQUIRE(slurm.run({"sbatch", "-N3", "--exclusive", "--wrap", "exec sleep 1000"}).code == 0);
  REQUIRE(eventually([&] {
    return slurm.run({"squeue", "--noheader", "--states=running", "--format=%i"}).out == "1\n";
  }));
}

void signal_launcher(const Sandbox& sandbox, int number) {
  for (const pid_t pid : sandbox.processes()) {
    if (role_of(pid) == "start") ::kill(pid, number);
  }
}

}  // namespace

TEST_CASE("from a login node engines are in a job of Slurm's, which muster stop deletes") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  const std::vector<std::string> wish{"-n", "6", "--submit-arg=--ntasks-per-node=2"};
  std::vector<std::string> start = words({"start", "--launcher", "slurm", "--daemonize"});
  start.insert(start.end(), wish.begin(), wish.end());
  const Finished started = slurm.run(start);
  INFO(started.err);
  REQUIRE(started.code == 0);
  CHECK_THAT(started.out, Contains("is running: 6 engines"));
  const Finished where = slurm.run(words({"run", "--all", "--", "hostname"}));
  for (const char* host : {"h1", "h2", "h3"})
    CHECK_THAT(where.out, Contains(host));
  // The queue is looked at from time to time, so engines may be there before their job is seen to
  // run.
  CHECK(eventually([&] {
    const auto jobs = nlohmann::json::parse(slurm.run(words({"status", "--json"})).out).at("jobs");
    return jobs.at("system") == "slurm" && jobs.at("blocks").at(0).at("state") == "running";
  }));
  CHECK_THAT(slurm.run(words({"status"})).out, Contains("h[1-3]"));

  // What was submitted is what is printed.
  std::vector<std::string> print = words({"job-script", "slurm"});
  print.insert(print.end(), wish.begin(), wish.end());
  const Finished printed = slurm.run(print);
  CHECK(printed.code == 0);
  CHECK(slurm.run({"scontrol", "write", "batch_script", "1", "-"}).out == printed.out);

  const Finished here = slurm.run(words({"exec", "-n", "3", "--", program("word_count")}));
  const Finished there = slurm.run({program("word_count")});
  CHECK(there.code == 0);
  CHECK(ranking(there.out) == ranking(here.out));
  CHECK(slurm.run(words({"stop"})).code == 0);
  CHECK(eventually([&] { return jobs(slurm).empty(); }));
  CHECK(slurm.hosts().become_idle());
}

TEST_CASE("a job that waits says why, can be stopped, and is used when its turn comes") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  occupy(slurm);
  const auto waiting = slurm.start(words({"start", "--launcher", "slurm", "-n", "6"}));
  REQUIRE(eventually([&] { return waiting->err().find("(Resources)") != std::string::npos; }));
  CHECK_THAT(slurm.run(words({"status"})).out, Contains("Resources"));
  signal_launcher(sandbox, SIGINT);
  CHECK(waiting->wait().code == 128 + SIGINT);
  CHECK(eventually([&] { return jobs(slurm) == "1\n"; }));

  const auto cluster = slurm.start(words({"start", "--launcher", "slurm", "-n", "6"}));
  REQUIRE(eventually([&] { return cluster->err().find("(Resources)") != std::string::npos; }));
  CHECK(slurm.run({"scancel", "1"}).code == 0);
  CHECK(cluster->has_said("is running: 6 engines"));
  CHECK(slurm.run(words({"stop"})).code == 0);
  CHECK(slurm.hosts().become_idle());
}

TEST_CASE("of many small jobs one may be cancelled or lose its host, and the others go on") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  const auto cluster =
      slurm.start(words({"start", "--launcher", "slurm", "-n", "6", "--blocks", "3"}));
  REQUIRE(cluster->has_said("is running: 6 engines"));
  const auto status = [&] {
    return nlohmann::json::parse(slurm.run(words({"status", "--json"})).out).at("engines");
  };
  const auto busy = slurm.start(words({"run", "--all", "--", "sleep", "1000"}));
  REQUIRE(eventually([&] {
    const auto engines = status();
    return std::all_of(engines.begin(), engines.end(),
                       [](const auto& engine) { return engine.at("running").is_object(); });
  }));
  CHECK(slurm.run({"scancel", "1_1"}).code == 0);
  CHECK(eventually([&] { return cluster->err().find("1_1, which ran") != std::string::npos; }));
  CHECK_THAT(cluster->err(), Contains("was cancelled"));
  for (const auto& engine : status())
    CHECK(engine.at("crashes") == 0);
  CHECK(slurm.run({"scancel", "1"}).code == 0);
  const Finished ended = cluster->wait();
  CHECK(ended.code == 1);
  CHECK_THAT(ended.err, Contains("no job is left"));
  CHECK(slurm.hosts().become_idle());
}

TEST_CASE("of many small jobs one that is told of its end drains, and costs no task a crash") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 2);
  SKIP_WITHOUT(slurm);
  const auto cluster =
      slurm.start(words({"start", "--launcher", "slurm", "-n", "2", "--blocks", "2", "--hwm", "1",
                         "--time", "60", "--drain-time", "600"}));
  REQUIRE(cluster->has_said("is running: 2 engines"));
  const auto says = [&](const std::string& text) {
    return eventually([&] { return cluster->err().find(text) != std::string::npos; });
  };
  const Gate gate(sandbox.path());
  const std::string wait = ": > " + gate.path() + "/began-$$-$(hostname); until [ -e " +
                           gate.path() + "/open ]; do sleep 0.1; done";
  const auto first = slurm.start(words({"run", "--", "sh", "-c", wait}));
  const auto second = slurm.start(words({"run", "--", "sh", "-c", wait}));
  REQUIRE(gate.has_notes("began", 2));
  // The engine's process gets the signal as well.
  CHECK(slurm.run({"scancel", "--signal=USR1", "1_0"}).code == 0);
  CHECK(says("job 1_0 ends soon (SIGUSR1): engine "));
  CHECK(says(", drains for at most 600 s"));
  CHECK_THAT(slurm.run(words({"status"})).out, Contains("draining"));
  gate.open();
  CHECK(first->wait().code == 0);
  CHECK(second->wait().code == 0);
  CHECK(gate.notes("began").size() == 2);
  CHECK(says("job 1_0, which ran on h"));
  CHECK_THAT(cluster->err(), Contains("has ended"));
  const auto status = nlohmann::json::parse(slurm.run(words({"status", "--json"})).out);
  CHECK(status.at("totals").at("crashes") == 0);
  CHECK(slurm.run(words({"stop"})).code == 0);
  CHECK(cluster->wait().code == 0);
  CHECK(slurm.hosts().become_idle());
}

TEST_CASE("kill -9 of the launcher leaves no engine, and muster stop deletes what waits") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  occupy(slurm);
  const auto cluster = slurm.start(words({"start", "--launcher", "slurm", "-n", "6"}));
  REQUIRE(eventually([&] { return cluster->err().find("(Resources)") != std::string::npos; }));
  signal_launcher(sandbox, SIGKILL);
  CHECK(jobs(slurm) == "2\n1\n");
  SECTION("by hand") {
    slurm.run(words({"stop"}));
    CHECK(eventually([&] { return jobs(slurm) == "1\n"; }));
  }
  SECTION("by itself, when its turn comes") {
    CHECK(slurm.run({"scancel", "1"}).code == 0);
    CHECK(eventually([&] { return jobs(slurm).empty(); }));
    CHECK_THAT(slurm.run({"scontrol", "show", "job", "2"}).out, Contains("JobState=COMPLETED"));
  }
  slurm.run({"scancel", "--user=root"});
  CHECK(slurm.hosts().become_idle());
}

TEST_CASE("what Slurm refuses is said in Slurm's words") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 1);
  SKIP_WITHOUT(slurm);
  const Finished nowhere =
      slurm.run(words({"start", "--launcher", "slurm", "-n", "2", "--queue", "nope"}));
  CHECK(nowhere.code == 1);
  CHECK_THAT(nowhere.err, Contains("for the queue 'nope'"));
  const Finished refused = slurm.run(
      words({"start", "--launcher", "slurm", "-n", "2", "--queue", "nope", "--bind", "10.77.0.1"}));
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("sbatch refuses the job") && Contains("nope"));
  CHECK(slurm.hosts().become_idle());
}
