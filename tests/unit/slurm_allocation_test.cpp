// How Slurm says how many tasks a job has on each host.

#include "launcher/slurm_allocation.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using muster::launcher::slurm_counts;

TEST_CASE("Slurm's counts for each host are read in its short form") {
  CHECK(slurm_counts("4", 1) == std::vector<int>{4});
  CHECK(slurm_counts("4(x2),1", 3) == std::vector<int>{4, 4, 1});
  CHECK(slurm_counts("2,16(x3),2", 5) == std::vector<int>{2, 16, 16, 16, 2});
}

TEST_CASE("counts that don't belong to the hosts are refused, and say what to do") {
  const std::string text =
      GENERATE("", "4", "4(x3)", "4(x0),1", "4(x2", "4x2", "0,4", "a,b", "4,,4", "4(x999999999)");
  CAPTURE(text);
  CHECK_THROWS_WITH(slurm_counts(text, 2), Catch::Contains("--hosts"));
}
