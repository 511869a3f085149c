// Rule 23: what a client doesn't take costs the controller a share of its memory, and others
// nothing.

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using namespace muster::test;

namespace {

constexpr long MB = 1'000'000;

int square(int number) {
  return number * number;
}

/// Memory that the process has, in bytes.
long resident(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  long pages = 0;
  file >> pages >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

TEST_CASE("a client that is stopped while large results come keeps its tasks waiting and no more") {
  const Cluster cluster(2, {"--memory", "64"});
  const Gate gate(cluster.sandbox().path());
  Child sleeper({program("large_results_client"), gate.path(), "40"},
                cluster.sandbox().path() / "outputs");
  REQUIRE(sleeper.has_said("submitted"));
  // The last of them may have been on their way still, and who is stopped sends nothing.
  REQUIRE(eventually([&] { return cluster.status().at("totals").at("submitted") == 40; }));
  const long before = resident(cluster.controller());
  sleeper.signal(SIGSTOP);
  gate.open();
  // It would have been 320 MB.
  REQUIRE(
      eventually([&] { return cluster.status().at("queue").at("reasons").at("results") > 20; }));
  const std::string text = cluster.sandbox().muster({"status"}).out;
  CHECK_THAT(text, Catch::Contains("results "));

  // Somebody else has both engines meanwhile.
  const muster::Client client;
  const auto view = client.load_balanced_view();
  std::vector<int> numbers(200);
  for (int i = 0; i < 200; ++i)
    numbers[static_cast<std::size_t>(i)] = i;
  int next = 0;
  for (const int result : view.map<square>(numbers)) {
    CHECK(result == next * next);
    ++next;
  }
  CHECK(next == 200);
  const nlohmann::json status = cluster.status();
  CHECK(status.at("queue").at("reasons").at("results") > 20);
  CHECK(status.at("results").at("bytes") < 64 * MB);
#ifndef __SANITIZE_ADDRESS__
  CHECK(resident(cluster.controller()) - before < 100 * MB);
#else
  static_cast<void>(before);
#endif

  sleeper.signal(SIGCONT);
  const Finished end = sleeper.wait();
  CHECK(end.code == 0);
  CHECK_THAT(end.out, Catch::Contains("all right"));
}
