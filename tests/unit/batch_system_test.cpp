// What batch systems say, and what it means.

#include "launcher/batch_system.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace muster::launcher;

namespace {

CommandOutput says(const std::string& out) {
  return {ProcessExit{.known = true, .code = 0}, out, ""};
}

}  // namespace

TEST_CASE("Slurm's ids are read, whatever else it says") {
  CHECK(slurm_system.job_in("12\n") == "12");
  CHECK(slurm_system.job_in("12;east\n") == "12");
  CHECK(slurm_system.job_in("sbatch: use -A soon\n1234\n") == "1234");
  CHECK_FALSE(slurm_system.job_in("Submitted batch job\n"));
}

TEST_CASE("Slurm's states mean one of ours, with its reason and host") {
  const auto blocks = slurm_system.blocks_in(
      "12",
      says("12_0|PENDING||(null)\n12_1|PENDING||QOSMaxJobsPerUserLimit\n12_2|CONFIGURING|h1|None\n"
           "12_10|RUNNING|h[2-3]|None\n12_4|OUT_OF_MEMORY|h1|OutOfMemory\n"
           "12_5|FAILED|h1|NonZeroExitCode\n13|RUNNING|h9|None\n"));
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 6);
  CHECK((*blocks)[0].state == BlockState::pending);
  CHECK((*blocks)[0].reason.empty());
  CHECK((*blocks)[1].reason == "QOSMaxJobsPerUserLimit");
  CHECK((*blocks)[2].state == BlockState::running);
  CHECK((*blocks)[3].index == 10);
  CHECK((*blocks)[3].host == "h[2-3]");
  CHECK((*blocks)[4].state == BlockState::failed);
  CHECK((*blocks)[4].reason == "it used more memory than it had");
  CHECK((*blocks)[5].reason == "NonZeroExitCode");
}

TEST_CASE("Grid Engine's answers are read: qstat's, and qacct's for what has ended") {
  CHECK(sge_system.job_in("12\n") == "12");
  CHECK(sge_system.job_in("12.1-4:1\n") == "12");
  const auto entry = [](const std::string& task, const std::string& state,
                        const std::string& queue) {
    return "<job_list state=\"running\">\n<JB_job_number>12</JB_job_number>\n<state>" + state +
           "</state>\n<queue_name>" + queue + "</queue_name>\n<slots>1</slots>\n<tasks>" + task +
           "</tasks>\n</job_list>\n";
  };
  const auto blocks = sge_system.blocks_in(
      "12", says("<job_info>\n" + entry("1", "r", "main.q@n2") + entry("2", "qw", "") +
                 entry("3", "Eqw", "") +
                 "<job_list><JB_job_number>13</JB_job_number><state>r</state></job_list>\n"
                 "</job_info>\n"
                 "==============================================================\n"
                 "jobnumber    12                  \ntaskid       4                   \n"
                 "failed       0    \nexit_status  0                   \n"
                 "==============================================================\n"
                 "taskid       5\nfailed       0    \nexit_status  3\n"
                 "==============================================================\n"
                 "taskid       6\nfailed       100 : assumedly after job\nexit_status  137\n"));
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 6);
  CHECK((*blocks)[0].state == BlockState::running);
  CHECK((*blocks)[0].host == "n2");
  CHECK((*blocks)[1].reason == "qw");
  CHECK((*blocks)[2].state == BlockState::pending);
  CHECK((*blocks)[2].reason.starts_with("Eqw"));
  CHECK((*blocks)[3].state == BlockState::ended);
  CHECK((*blocks)[4].reason == "exit code 3");
  CHECK((*blocks)[5].reason == "it was killed: by qdel, or at a limit");
  CHECK_FALSE(sge_system.blocks_in("12", says("error: commlib error")));
  const auto deleted = sge_system.blocks_in(
      "12", says("<job_info>\n" + entry("1", "dr", "main.q@n2") + "</job_info>\n"));
  CHECK(deleted->at(0).state == BlockState::running);
  CHECK(deleted->at(0).deleting);
}

TEST_CASE("PBS's answers are read, in the forms of OpenPBS and Torque") {
  CHECK(pbs_system.job_in("12.server\n") == "12.server");
  CHECK(pbs_system.job_in("Welcome to PBS\n12[].server\n") == "12[].server");
  CHECK(pbs_system.block_name("12[].server", 3) == "12[3].server");
  const auto blocks = pbs_system.blocks_in(
      "12[].server",
      says("Job Id: 12[].server\n    job_state = B\n    array = True\n\n"
           "Job Id: 12[0].server\n    job_state = R\n    exec_host = n1/0*2+n2/0+n1/1\n\n"
           "Job Id: 12[1].server\n    job_state = Q\n"
           "    comment = Not Running: Insufficient amount of\n\t resource: ncpus\n\n"
           "Job Id: 12[2].server\n    job_state = X\n    Exit_status = 0\n\n"
           "Job Id: 12[3].server\n    job_state = F\n    Exit_status = -29\n\n"
           "Job Id: 12[4].server\n    job_state = F\n    Exit_status = 271\n"));
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 5);
  CHECK((*blocks)[0].host == "n1,n2");
  CHECK((*blocks)[1].reason == "Not Running: Insufficient amount of resource: ncpus");
  CHECK((*blocks)[2].state == BlockState::ended);
  CHECK((*blocks)[3].reason == "it reached its time limit");
  CHECK((*blocks)[4].reason == "it was killed: by qdel, or at a limit");
  CommandOutput unknown = says("");
  unknown.exit->code = 153;
  unknown.err = "qstat: Unknown Job Id 12.server\n";
  CHECK(pbs_system.blocks_in("12.server", unknown)->empty());

  const auto torque = torque_system.blocks_in(
      "12[].server", says("Job Id: 12-1.server\n    job_state = C\n    exit_status = 2\n"));
  REQUIRE(torque);
  CHECK(torque->at(0).index == 1);
  CHECK(torque->at(0).reason == "exit code 2");
}

TEST_CASE("LSF's answers are read") {
  CHECK(lsf_system.job_in("Job <12> is submitted to default queue <normal>.\n") == "12");
  CHECK_FALSE(lsf_system.job_in("Request aborted by esub. Job not submitted.\n"));
  const auto blocks = lsf_system.blocks_in(
      "12", says("1|RUN|2*n1:2*n2|-|-|-\n2|PEND|-|-|-|Job slot limit reached;\n3|DONE|n1|-|-|-\n"
                 "4|EXIT|n1|143|TERM_OWNER: job killed by owner|-\n"
                 "5|EXIT|n1|140|TERM_RUNLIMIT: job killed after reaching LSF run time limit|-\n"
                 "6|EXIT|n1|3|-|-\n"));
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 6);
  CHECK((*blocks)[0].host == "n1,n2");
  CHECK((*blocks)[1].reason == "Job slot limit reached");
  CHECK((*blocks)[2].state == BlockState::ended);
  CHECK((*blocks)[3].state == BlockState::cancelled);
  CHECK((*blocks)[4].reason == "it reached its time limit");
  CHECK((*blocks)[5].reason == "exit code 3");
  CHECK((*blocks)[5].index == 5);
}

TEST_CASE("HTCondor's answers are read: the queue's, and the history's for what has ended") {
  CHECK(htcondor_system.job_in("12.0 - 12.3\n") == "12");
  const auto blocks = htcondor_system.blocks_in(
      "12", says("0\t2\tslot1@n1\tundefined\n1\t1\tundefined\tundefined\n"
                 "2\t5\tundefined\tFailed to open log\nhistory\n3\t4\t0\tundefined\n"
                 "4\t4\t3\tundefined\n5\t3\tundefined\tvia condor_rm (by user user)\n"));
  REQUIRE(blocks);
  REQUIRE(blocks->size() == 6);
  CHECK((*blocks)[0].host == "n1");
  CHECK((*blocks)[1].state == BlockState::pending);
  CHECK((*blocks)[2].reason == "held: Failed to open log");
  CHECK((*blocks)[3].state == BlockState::ended);
  CHECK((*blocks)[4].reason == "exit code 3");
  CHECK((*blocks)[5].state == BlockState::cancelled);
}
