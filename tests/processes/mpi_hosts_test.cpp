// Ranks of MPI jobs on hosts of the test bed that are engines of a cluster on another one.

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/processes/hosts.hpp"
#include "tests/processes/mpi.hpp"
#include "tests/processes/slurm.hpp"

using muster::test::Child;
using muster::test::Finished;
using muster::test::Hosts;
using muster::test::Mpi;
using muster::test::program;
using muster::test::program_of;
using muster::test::Sandbox;
using muster::test::Slurm;

namespace {

/// mpiexec, told to start its ranks on these hosts through the test bed's ssh.
std::vector<std::string> over_ssh(const Hosts& hosts, const Mpi& mpi) {
  const std::string ssh = "ssh -F " + hosts.ssh_config().string();
  if (mpi.name == "openmpi")
    return {mpi.launcher, "--mca", "plm_rsh_agent",         ssh, "-H",
            "h2:1,h3:1",  "-x",    "MUSTER_CONNECTION_FILE"};
  const std::filesystem::path agent = hosts.path() / "agent";
  std::ofstream(agent) << "#!/bin/sh\nexec " << ssh << " \"$@\"\n";
  std::filesystem::permissions(agent, std::filesystem::perms::owner_all);
  return {mpi.launcher, "-launcher", "ssh", "-launcher-exec", agent, "-hosts", "h2,h3"};
}

/// The client is on h1, where the cluster is; what it says and what becomes of the job.
void check_ranks(const Hosts& hosts, const Mpi& mpi, Child& cluster, Child& job) {
  INFO(job.err());
  REQUIRE(job.has_said("2 ranks join as engines 0 to 1"));
  const Finished client = hosts.run("h1", {program_of(mpi), "reduce", "2"});
  INFO(client.err);
  CHECK(client.out == "engine 0 rank 0 of 2 sum 3\nengine 1 rank 1 of 2 sum 3\n");
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(cluster.wait().code == 0);
  const Finished ended = job.wait();
  INFO(ended.err);
  CHECK(ended.code == 0);
}

}  // namespace

TEST_CASE("ranks on two hosts are engines of a cluster on a third and reduce among themselves") {
  const Mpi mpi = muster::test::mpi_of(GENERATE("openmpi", "mpich"));
  CAPTURE(mpi.name);
  if (!muster::test::can_run(mpi)) return;
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 3, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const auto cluster = hosts.start("h1", {program("muster"), "start", "-n", "0", "--bind", "eth0"});
  REQUIRE(cluster->has_said("is running"));
  std::vector<std::string> command = over_ssh(hosts, mpi);
  command.insert(command.end(), {"-n", "2", program_of(mpi), "--muster-mpi"});
  auto variables = muster::test::variables_of_mpi("eth0");
  variables.emplace_back("MUSTER_CONNECTION_FILE",
                         hosts.cluster_directory("h1") / "connection.json");
  const auto job = hosts.start("h1", command, variables);
  check_ranks(hosts, mpi, *cluster, *job);
  CHECK(hosts.become_idle());
}

TEST_CASE("ranks that srun has started are engines of a cluster beside its job") {
  const Mpi mpi = muster::test::mpi_of("mpich");
  if (!muster::test::can_run(mpi)) return;
  const Sandbox sandbox;
  const Slurm slurm(sandbox, 3);
  SKIP_WITHOUT(slurm);
  const Hosts& hosts = slurm.hosts();
  const auto cluster = hosts.start("h1", {program("muster"), "start", "-n", "0", "--bind", "eth0"});
  REQUIRE(cluster->has_said("is running"));
  const std::string file = hosts.cluster_directory("h1") / "connection.json";
  const auto job = slurm.start({"env", "MUSTER_CONNECTION_FILE=" + file, "srun", "--mpi=pmi2",
                                "-N2", "-n2", program_of(mpi), "--muster-mpi"});
  check_ranks(hosts, mpi, *cluster, *job);
}
