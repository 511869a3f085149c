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
