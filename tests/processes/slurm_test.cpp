// Clusters inside a job of Slurm's, which runs on hosts of the test bed.

#include "tests/processes/slurm.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/processes/hosts.hpp"

using Catch::Contains;
using muster::test::Finished;
using muster::test::program;
using muster::test::ranking;
using muster::test::role_of;
using muster::test::Sandbox;
using muster::test::Slurm;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("in a job of Slurm's a cluster has the job's hosts and tasks, and results are the same") {
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  const std::string muster = program("muster");
  const Finished where =
      slurm.run({"salloc", "--quiet", "-N3", "--ntasks-per-node=2", "/bin/sh", "-c",
                 muster + " start --launcher slurm --daemonize && " + muster +
                     " run --all -- hostname; " + muster + " stop"});
  INFO(where.err);
  CHECK_THAT(where.out, Contains("is running: 6 engines"));
  std::multiset<std::string> names;
  std::istringstream words(where.out);
  for (std::string word; words >> word;) {
    if (word == "h1" || word == "h2" || word == "h3") names.insert(word);
  }
  CHECK(names == std::multiset<std::string>{"h1", "h1", "h2", "h2", "h3", "h3"});

  // A whole batch job, which finds out by itself where it is.
  for (const char* example : {"word_count", "sweep"}) {
    CAPTURE(example);
    const Finished here = slurm.run({muster, "exec", "-n", "3", "--", program(example)});
    REQUIRE(here.code == 0);
    const Finished there = slurm.run(
        {"salloc", "--quiet", "-n", "6", "-N", "3", muster, "exec", "--", program(example)});
    INFO(there.err);
    CHECK(there.code == 0);
    CHECK(ranking(there.out) == ranking(here.out));
  }
  CHECK(slurm.hosts().become_idle());

  const Finished outside = slurm.run({muster, "start", "--launcher", "slurm"});
  CHECK(outside.code == 1);
  CHECK_THAT(outside.err, Contains("a job of Slurm needs a number of engines: -n N"));
}

TEST_CASE("the end of a job of Slurm's, or kill -9 in it, leaves no process on its hosts") {
  const std::string ended = GENERATE("job", "launcher", "srun");
  CAPTURE(ended);
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  const auto job = slurm.start({"salloc", "--quiet", "-N3", "--ntasks-per-node=1",
                                program("muster"), "start", "--launcher", "slurm"});
  REQUIRE(job->has_said("is running: 3 engines"));
  if (ended == "job") {
    CHECK(slurm.run({"scancel", "--user=root"}).code == 0);
  }
  for (const pid_t pid : sandbox.processes()) {
    const std::string line = content("/proc/" + std::to_string(pid) + "/cmdline");
    const bool meant = (ended == "launcher" && role_of(pid) == "start") ||
                       (ended == "srun" && line.starts_with(std::string("srun\0", 5)));
    if (meant) ::kill(pid, SIGKILL);
  }
  if (ended == "srun") {
    // They are the sruns of all hosts, so the cluster ends by itself.
    CHECK_THAT(job->wait().err, Contains("h3: its node ended") && Contains("no host is left"));
  }
  CHECK(slurm.hosts().become_idle());
}
