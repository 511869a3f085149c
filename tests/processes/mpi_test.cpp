// Ranks of real MPI jobs that are engines of a cluster, with each MPI that is installed.

#include "tests/processes/mpi.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::test::can_run;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Mpi;
using muster::test::mpi_of;
using muster::test::program;
using muster::test::program_of;
using muster::test::Sandbox;
using muster::test::variables_of_mpi;

namespace {

std::unique_ptr<Child> start_job(const Sandbox& sandbox, const Mpi& mpi, int ranks,
                                 std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {mpi.launcher, "-n", std::to_string(ranks)});
  const auto outputs = sandbox.path() / "outputs";
  return std::make_unique<Child>(std::move(arguments), outputs, variables_of_mpi("lo"));
}

Finished run_client(const Sandbox& sandbox, const Mpi& mpi, const std::string& what, int ranks) {
  return muster::test::run({program_of(mpi), what, std::to_string(ranks)},
                           sandbox.path() / "outputs");
}

std::size_t ready_engines(const Cluster& cluster) {
  const nlohmann::json engines = cluster.status().at("engines");
  return static_cast<std::size_t>(
      std::count_if(engines.begin(), engines.end(),
                    [](const nlohmann::json& engine) { return engine.at("state") == "ready"; }));
}

bool have_joined(const Cluster& cluster, std::size_t count) {
  return eventually([&] { return ready_engines(cluster) == count; });
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("the ranks of an MPI job are engines in their order and reduce among themselves") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 3, {program_of(mpi), "--muster-mpi"});
  REQUIRE(job->has_said("3 ranks join as engines 0 to 2"));
  const Finished client = run_client(cluster.sandbox(), mpi, "reduce", 3);
  INFO(client.err << job->err());
  CHECK(client.out ==
        "engine 0 rank 0 of 3 sum 6\nengine 1 rank 1 of 3 sum 6\nengine 2 rank 2 of 3 sum 6\n");
  CHECK(cluster.stop().code == 0);
  const Finished ended = job->wait();
  INFO(ended.err);
  CHECK(ended.code == 0);
  CHECK(cluster.sandbox().becomes_empty());
}

TEST_CASE("a signal to mpiexec ends the ranks and leaves the cluster") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  const int signal = GENERATE(SIGTERM, SIGINT, SIGKILL);
  CAPTURE(mpi.name, signal);
  if (!can_run(mpi)) return;
  Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 2, {program_of(mpi), "--muster-mpi"});
  REQUIRE(job->has_said("2 ranks join as engines 0 to 1"));
  REQUIRE(have_joined(cluster, 2));
  job->signal(signal);
  job->wait();
  CHECK(eventually([&] { return cluster.status().at("engines").empty(); }));
  CHECK(cluster.stop().code == 0);
}

TEST_CASE("ranks whose engines are shut down wait for each other and end") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  const Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 2, {program_of(mpi), "--muster-mpi"});
  REQUIRE(have_joined(cluster, 2));
  const Finished client = run_client(cluster.sandbox(), mpi, "shutdown", 2);
  INFO(client.err);
  CHECK(client.out == "one is left\n");
  CHECK(job->wait().code == 0);
}

TEST_CASE("when a rank is killed its whole job ends and open tasks are told so") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 3, {program_of(mpi), "--muster-mpi"});
  REQUIRE(job->has_said("3 ranks join as engines 0 to 2"));
  REQUIRE(have_joined(cluster, 3));
  const auto outputs = cluster.sandbox().path() / "waiting";
  std::filesystem::create_directory(outputs);
  Child waiting({program_of(mpi), "meet", "3"}, outputs);
  REQUIRE(waiting.has_said("they wait"));
  REQUIRE(cluster.engines().size() == 3);
  ::kill(cluster.engines().back(), SIGKILL);
  CHECK(job->wait().code != 0);
  CHECK(waiting.wait().out == "they wait\n2 are lost\n");
  CHECK(eventually([&] { return cluster.status().at("engines").empty(); }));
}

TEST_CASE("a task that waits for another rank for ever does not keep muster stop") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 2, {program_of(mpi), "--muster-mpi"});
  REQUIRE(have_joined(cluster, 2));
  const auto outputs = cluster.sandbox().path() / "waiting";
  std::filesystem::create_directory(outputs);
  Child waiting({program_of(mpi), "meet", "2"}, outputs);
  REQUIRE(waiting.has_said("they wait"));
  CHECK(cluster.stop().code == 0);
  CHECK(waiting.wait().out == "they wait\nthe cluster has ended\n");
  const Finished ended = job->wait();
  CHECK(ended.code != 0);
  CHECK_THAT(ended.err, Contains("a task doesn't end"));
  CHECK(cluster.sandbox().becomes_empty());
}

TEST_CASE("programs that don't use MPI give on ranks what they give on other engines") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  const std::string example = GENERATE("word_count", "sweep");
  CAPTURE(mpi.name, example);
  if (!can_run(mpi)) return;
  const auto result_on = [&](const Cluster& cluster) {
    const Finished finished =
        muster::test::run({program(example)}, cluster.sandbox().path() / "outputs");
    INFO(finished.err);
    CHECK(finished.code == 0);
    // What follows are times.
    const std::string result = finished.out.substr(0, finished.out.find("\nengine "));
    return std::regex_replace(result, std::regex("on engine \\d+"), "on some engine");
  };
  std::string expected;
  {
    const Cluster local(2);
    expected = result_on(local);
  }
  Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 2, {program(example), "--muster-mpi"});
  REQUIRE(have_joined(cluster, 2));
  CHECK(result_on(cluster) == expected);
  CHECK(cluster.stop().code == 0);
  CHECK(job->wait().code == 0);
}

TEST_CASE("muster engine --mpi makes ranks in which commands run") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  Cluster cluster(1);
  const auto job = start_job(cluster.sandbox(), mpi, 2, {program("muster"), "engine", "--mpi"});
  REQUIRE(job->has_said("2 ranks join as engines 1 to 2"));
  REQUIRE(have_joined(cluster, 3));
  const std::string rank = mpi.name == "openmpi" ? "$OMPI_COMM_WORLD_RANK" : "$PMI_RANK";
  for (const char* number : {"0", "1"}) {
    const std::string engine = std::to_string(std::stoi(number) + 1);
    const Finished said = cluster.sandbox().muster(
        {"run", "--engine", engine, "--", "/bin/sh", "-c", "echo rank " + rank});
    INFO(said.err);
    CHECK(said.out == "rank " + std::string(number) + "\n");
  }
  CHECK(cluster.stop().code == 0);
  CHECK(job->wait().code == 0);
}

TEST_CASE("a program that ranks can't run is refused there with the reason") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  const Cluster cluster(0);
  const auto job = start_job(cluster.sandbox(), mpi, 1, {program_of(mpi), "--muster-mpi"});
  REQUIRE(have_joined(cluster, 1));
  const Finished other =
      muster::test::run({program("word_count")}, cluster.sandbox().path() / "outputs");
  CHECK(other.code == 1);
  CHECK_THAT(other.err, Contains("processes of an MPI job"));
}

TEST_CASE("the mpiexec of another MPI is named and so is the right one in one line") {
  const std::string right = GENERATE("openmpi", "mpich");
  const Mpi mpi = mpi_of(right);
  const Mpi wrong = mpi_of(right == "openmpi" ? "mpich" : "openmpi");
  CAPTURE(right);
  if (!can_run(mpi) || !can_run(wrong)) return;
  const Cluster cluster(0);
  const Finished ended =
      start_job(cluster.sandbox(), wrong, 2, {program_of(mpi), "--muster-mpi"})->wait();
  INFO(ended.err);
  CHECK(ended.code == 1);
  CHECK_THAT(ended.err, Contains("has started 2 processes") && Contains("knows of 1;") &&
                            Contains("mpiexec." + right));
  CHECK(ended.err.find("muster: ") == ended.err.rfind("muster: "));
  CHECK(ready_engines(cluster) == 0);
}

TEST_CASE("ranks without a cluster say so in one line") {
  const Mpi mpi = mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!can_run(mpi)) return;
  const Sandbox sandbox;
  const Finished ended = start_job(sandbox, mpi, 3, {program_of(mpi), "--muster-mpi"})->wait();
  CHECK(ended.code == 3);
  CHECK_THAT(ended.err,
             Contains("no running cluster for this MPI job") && Contains("muster start"));
  CHECK(ended.err.find("muster: ") == ended.err.rfind("muster: "));
}

TEST_CASE("a program that no mpiexec has started says how it is to be") {
  const Sandbox sandbox;
  const Finished alone =
      muster::test::run({program("word_count"), "--muster-mpi"}, sandbox.path() / "outputs");
  CHECK(alone.code == 2);
  CHECK_THAT(alone.err, Contains("no mpiexec has started this process") &&
                            Contains("word_count --muster-mpi"));
  CHECK(lines_of(alone.err) == 1);
  const Finished command = sandbox.muster({"engine", "--mpi"});
  CHECK(command.code == 2);
  CHECK_THAT(command.err, Contains("mpiexec -n 4 muster engines --mpi"));
}
