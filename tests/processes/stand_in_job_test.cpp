// Clusters whose engines are in jobs of batch systems that aren't to be had here: stand-ins for
// their commands check what they are given, and run jobs on this host (tests/testbed/queues).

#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/patience.hpp"
#include "tests/processes/stand_in_queue.hpp"

using Catch::Contains;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Sandbox;
using muster::test::StandInQueue;

namespace {

using Words = std::vector<std::string>;

/// What a batch system says, and how one of its blocks is deleted.
struct System {
  std::string name;
  std::string waits;   ///< why a job waits
  Words remove;        ///< the second block
  std::string block;   ///< its name
  std::string ending;  ///< what is said of it then
};

const System pbs{"pbs",
                 "Insufficient amount of resource",
                 {"qdel", "1[1].queues.test"},
                 "1[1].queues.test",
                 "it was killed: by qdel"};
const System torque{"torque",
                    "Insufficient amount of resource",
                    {"qdel", "1[1].queues.test"},
                    "1[1].queues.test",
                    "it was killed: by qdel"};
const System lsf{"lsf", "Job slot limit reached)", {"bkill", "1[2]"}, "1[2]", "was cancelled"};
const System htcondor{"htcondor", "idle", {"condor_rm", "1.1"}, "1.1", "was cancelled"};

/// From its waiting to its end, with one of its blocks deleted meanwhile.
void live_in_jobs_of(const System& system) {
  const Sandbox sandbox;
  const StandInQueue queue(sandbox, system.name);
  const Words wish{"-n", "2", "--blocks", "2", "--drain-time", "1"};
  Words start{"muster", "start", "--launcher", system.name, "--bind", "127.0.0.1"};
  start.insert(start.end(), wish.begin(), wish.end());
  const auto cluster = queue.start(start);
  const auto says = [&](const std::string& text) {
    return eventually([&] { return cluster->err().find(text) != std::string::npos; });
  };
  CHECK(says("waits for its turn"));
  CHECK_THAT(cluster->err(), Contains(system.waits));
  CHECK_THAT(queue.run({"muster", "status"}).out, Contains("pending"));
  queue.has_room();
  const bool running = cluster->has_said("is running: 2 engines");
  INFO(cluster->err());
  REQUIRE(running);
  const auto block = [&](std::size_t index) {
    return nlohmann::json::parse(queue.run({"muster", "status", "--json"}).out)
        .at("jobs")
        .at("blocks")
        .at(index);
  };
  CHECK(eventually([&] { return block(1).at("state") == "running"; }));
  const std::string host = queue.run({"hostname"}).out;
  CHECK(block(1).at("host").get<std::string>() + "\n" == host);
  CHECK(queue.run({"muster", "run", "--all", "--", "hostname"}).out ==
        "[0] " + host + "[1] " + host);

  // What was submitted is what is printed.
  if (!queue.script().empty()) {
    Words print{"muster", "job-script", system.name};
    print.insert(print.end(), wish.begin(), wish.end());
    CHECK(queue.run(print).out == queue.script());
  }

  CHECK(queue.run(system.remove).code == 0);
  CHECK(says(system.block + ", which ran on "));
  CHECK(says(system.ending));
  CHECK(queue.run({"muster", "run", "--", "echo", "still here"}).out == "still here\n");
  CHECK(queue.run({"muster", "stop"}).code == 0);
  CHECK(cluster->wait().code == 0);
  CHECK(queue.has_ended());
}

Finished refused(const std::string& system, const Words& more) {
  const Sandbox sandbox;
  const StandInQueue queue(sandbox, system);
  Words start{"muster", "start", "-n", "2", "--launcher", system, "--bind", "127.0.0.1"};
  start.insert(start.end(), more.begin(), more.end());
  Finished said = queue.run(start);
  CHECK(said.code == 1);
  return said;
}

}  // namespace

TEST_CASE("engines are in jobs of PBS, wait with them, and go on when one is deleted") {
  live_in_jobs_of(pbs);
}

TEST_CASE("engines are in jobs of Torque, wait with them, and go on when one is deleted") {
  live_in_jobs_of(torque);
}

TEST_CASE("engines are in jobs of LSF, wait with them, and go on when one is deleted") {
  live_in_jobs_of(lsf);
}

TEST_CASE("engines are in jobs of HTCondor, wait with them, and go on when one is deleted") {
  live_in_jobs_of(htcondor);
}

TEST_CASE("what PBS, LSF and HTCondor refuse is said in their words") {
  CHECK_THAT(refused("pbs", {"--submit-arg=-l gpus=2"}).err,
             Contains("qsub refuses the job") && Contains("Unknown resource"));
  CHECK_THAT(refused("torque", {"--submit-arg=-J 0-3"}).err, Contains("invalid option -- 'J'"));
  CHECK_THAT(refused("lsf", {"--submit-arg=-R span(hosts=1)"}).err,
             Contains("bsub refuses the job") && Contains("Bad resource requirement syntax"));
  CHECK_THAT(refused("htcondor", {"--submit-arg=request_gpu 2"}).err,
             Contains("condor_submit refuses the job") && Contains("Parse error"));
}

TEST_CASE("in a job of LSF's or PBS's a cluster has the job's hosts, and what it has on each") {
  const Sandbox sandbox;
  const StandInQueue queue(sandbox, "lsf");
  std::string host = queue.run({"hostname"}).out;
  host.pop_back();
  const std::string muster = muster::test::program("muster");
  // The program begins with the first engine.
  const auto exec = [&](const Words& variables, const Words& options, int engines) {
    const std::string run = muster + " run --all -- echo engine";
    const std::string all =
        "until [ $(" + run + " | wc -l) -eq " + std::to_string(engines) + " ]; do :; done; " + run;
    Words words{"env"};
    words.insert(words.end(), variables.begin(), variables.end());
    words.insert(words.end(), {muster, "exec"});
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", "sh", "-c", all});
    return queue.run(words);
  };
  // The one here without, the other one by the job's own way to it.
  const Finished lsf = exec({"LSB_JOBID=1", "LSB_MCPU_HOSTS=" + host + " 1 another 2"},
                            {"--bind", "127.0.0.1", "--require-all"}, 3);
  INFO(lsf.err);
  CHECK(lsf.code == 0);
  CHECK(lsf.out == "[0] engine\n[1] engine\n[2] engine\n");

  std::ofstream(sandbox.path() / "nodes") << host << "\n" << host << "\n";
  const std::string nodes = "PBS_NODEFILE=" + (sandbox.path() / "nodes").string();
  const Finished pbs = exec({"PBS_JOBID=1.queues", nodes}, {}, 2);
  INFO(pbs.err);
  CHECK(pbs.code == 0);
  CHECK(pbs.out == "[0] engine\n[1] engine\n");
  CHECK(exec({"PBS_JOBID=1.queues", nodes}, {"-n", "1"}, 1).out == "[0] engine\n");

  const Finished lost = exec({"PBS_JOBID=1.queues", "PBS_NODEFILE=/nowhere"}, {}, 1);
  CHECK(lost.code == 125);
  CHECK_THAT(lost.err, Contains("/nowhere") && Contains("--hosts"));
  const Finished outside =
      queue.run({"muster", "start", "--launcher", "lsf", "--hosts", "a,b", "--bind", "127.0.0.1"});
  CHECK(outside.code != 0);
  CHECK_THAT(outside.err, Contains("none of its jobs"));
}
