// What an engine's process may take of memory, and the threads that its libraries make.

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;

namespace {

constexpr const char* limit_mib = "512";

/// All of it has been written to.
std::vector<char> memory_of(int mib) {
  return std::vector<char>(static_cast<std::size_t>(mib) << 20, 'x');
}

int take_until(const std::string& gate, int mib) {
  const std::vector<char> memory = memory_of(mib);
  muster::test::pass(gate);
  return memory.back();
}

int resident_mib() {
  long all = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return static_cast<int>(resident * ::sysconf(_SC_PAGESIZE) >> 20);
}

/// By small steps: under a sanitizer each takes more than its size.
int grow_to(int mib) {
  static std::vector<std::vector<char>> kept;
  while (resident_mib() < mib)
    kept.push_back(memory_of(4));
  return static_cast<int>(::getpid());
}

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace

TEST_CASE("a process that takes all the memory that it may is ended, and its task says so") {
  const Cluster cluster(1, {"--memory-limit", limit_mib});
  const muster::Client client;
  const Gate gate(cluster.sandbox().path());
  const auto view = client.load_balanced_view({.max_crashes = 1});
  const auto large = view.apply<take_until>(gate.path(), 600);
  const auto other = view.apply([] { return 1; });
  try {
    large.get(bound);
    FAIL("it has ended with a value");
  } catch (const muster::Quarantined& error) {
    CHECK_THAT(error.what(), Contains("--memory-limit") && Contains("may take 512 MiB"));
  }
  CHECK(other.get(bound) == 1);
}

TEST_CASE("a process that has taken nearly all is replaced when its task has ended, uncharged") {
  const Cluster cluster(1, {"--memory-limit", limit_mib});
  const muster::Client client;
  const auto view = client.load_balanced_view({.max_crashes = 1});
  const int pid = view.apply<grow_to>(430).get(bound);
  CHECK(eventually([&] { return cluster.engines().at(0) != pid; }));
  CHECK(view.apply<grow_to>(1).get(bound) != pid);
}

TEST_CASE("libraries of an engine make threads for its share of the host, unless the user says") {
  muster::Cluster pinned({.engines = 2, .cpu_ids = {0}});
  CHECK(pinned[1].apply<variable>("OMP_NUM_THREADS").get(bound) == "1");
  CHECK(pinned[1].apply<variable>("OPENBLAS_NUM_THREADS").get(bound) == "1");
  ::setenv("OMP_NUM_THREADS", "3", 1);
  muster::Cluster other({.engines = 1});
  CHECK(other[0].apply<variable>("OMP_NUM_THREADS").get(bound) == "3");
  ::unsetenv("OMP_NUM_THREADS");
}
