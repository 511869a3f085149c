#include "tests/processes/slurm.hpp"

#include <utility>

#include <catch2/catch.hpp>

namespace muster::test {

Slurm::Slurm(const Sandbox& sandbox, int count) : hosts_(sandbox, count, Hosts::Login::ssh) {
  missing_ = hosts_.missing();
  if (!missing_.empty()) return;
  const Finished up = test::run(
      {MUSTER_SOURCE_DIR "/tests/testbed/slurm", "up", hosts_.path(), std::to_string(count)},
      sandbox.path() / "outputs");
  INFO(up.err);
  REQUIRE((up.code == 0 || up.code == 77));
  if (up.code != 0) missing_ = up.err;
}

std::unique_ptr<Child> Slurm::start(std::vector<std::string> arguments) const {
  return hosts_.start("h1", std::move(arguments),
                      {{"SLURM_CONF", hosts_.path() / "slurm/slurm.conf"}});
}

}  // namespace muster::test
