// How batch systems say which hosts a job has.

#include "launcher/job_allocation.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace muster::launcher;
using Catch::Contains;
using Counts = std::vector<std::pair<std::string, int>>;

namespace {

Counts counts(const std::vector<RemoteHost>& hosts) {
  Counts counts;
  for (const RemoteHost& host : hosts)
    counts.emplace_back(host.destination, host.engines);
  return counts;
}

}  // namespace

TEST_CASE("the hosts of a job are read as Grid Engine, PBS, Torque and LSF say them") {
  CHECK(counts(hosts_of_sge("h1 4 main.q@h1 UNDEFINED\nh2 2 main.q@h2 UNDEFINED\n")) ==
        Counts{{"h1", 4}, {"h2", 2}});
  // A host may be in several of its queues.
  CHECK(counts(hosts_of_sge("h1 4 a.q@h1 <NULL>\nh1 1 b.q@h1 <NULL>\n")) == Counts{{"h1", 5}});
  CHECK(counts(hosts_of_pbs("h1\nh1\nh2\nh1\n", 8)) == Counts{{"h1", 3}, {"h2", 1}});
  CHECK(counts(hosts_of_pbs("h1\nh2\n", 8)) == Counts{{"h1", 8}, {"h2", 8}});
  CHECK(counts(hosts_of_pbs("h1.site\n", 0)) == Counts{{"h1.site", 1}});
  CHECK(counts(hosts_of_lsf("h1 4 h2 16")) == Counts{{"h1", 4}, {"h2", 16}});
}

TEST_CASE("what doesn't name a job's hosts is refused, and it is said what to do") {
  CHECK_THROWS_WITH(hosts_of_sge("h1\n"), Contains("PE_HOSTFILE") && Contains("--hosts"));
  CHECK_THROWS_WITH(hosts_of_sge("h1 0 main.q@h1 UNDEFINED\n"), Contains("h1 0 main.q"));
  CHECK_THROWS_WITH(hosts_of_sge(""), Contains("--hosts"));
  CHECK_THROWS_WITH(hosts_of_pbs("-oProxyCommand=reboot\n", 1), Contains("PBS_NODEFILE"));
  CHECK_THROWS_WITH(hosts_of_pbs("", 4), Contains("--hosts"));
  CHECK_THROWS_WITH(hosts_of_lsf("h1 4 h2"), Contains("LSB_MCPU_HOSTS"));
  CHECK_THROWS_WITH(hosts_of_lsf("h1 99999999999"), Contains("--hosts"));
}
