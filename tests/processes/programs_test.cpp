// Programs that make it hard for the cluster to run them.

#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"

using muster::test::Cluster;
using muster::test::program;
using muster::test::run;

TEST_CASE("a program that can't start on the node is told which library it lacks there") {
  Cluster cluster(2);
  // The program finds its library by a variable that the node, which runs already, doesn't have.
  const auto finished = run({program("library_user")}, cluster.sandbox().path() / "outputs",
                            {{"LD_LIBRARY_PATH", MUSTER_ODD_LIBRARY_DIR}});
  INFO(finished.err);
  CHECK(finished.code == 7);
  CHECK_THAT(finished.out, Catch::StartsWith("ImageMismatch: "));
  CHECK_THAT(finished.out, Catch::Contains("libmuster_odd_library.so"));
  CHECK_THAT(finished.out,
             Catch::Contains(cluster.status().at("engines").at(0).at("host").get<std::string>()));
}

TEST_CASE("the cluster serves others after a program that couldn't start") {
  Cluster cluster(1);
  const auto outputs = cluster.sandbox().path() / "outputs";
  CHECK(
      run({program("library_user")}, outputs, {{"LD_LIBRARY_PATH", MUSTER_ODD_LIBRARY_DIR}}).code ==
      7);
  const auto finished = run({program("global_client")}, outputs);
  INFO(finished.err);
  CHECK(finished.code == 0);
}

TEST_CASE("a client that is a global object works, and its engines make no further clients") {
  Cluster cluster(2);
  const auto finished = run({program("global_client")}, cluster.sandbox().path() / "outputs");
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.out == "42\n");
  // Launcher, controller and node; per engine one process of muster's own and one of the program.
  CHECK(cluster.sandbox().processes().size() <= 3 + 2 * 2);
}

TEST_CASE("a program whose path isn't UTF-8 doesn't end the cluster when its status is asked for") {
  Cluster cluster(1);
  const auto odd = cluster.sandbox().path() / "odd\xff";
  std::filesystem::copy_file(program("global_client"), odd);
  REQUIRE(run({odd}, cluster.sandbox().path() / "outputs").code == 0);
  CHECK_THAT(cluster.status().at("engines").at(0).at("program").get<std::string>(),
             Catch::EndsWith("/odd\xef\xbf\xbd"));
}

TEST_CASE("control characters in a program's path reach neither the logs nor the status") {
  Cluster cluster(1);
  const auto odd = cluster.sandbox().path() / "odd\n\x1b[2J";
  std::filesystem::copy_file(program("global_client"), odd);
  REQUIRE(run({odd}, cluster.sandbox().path() / "outputs").code == 0);
  CHECK_THAT(cluster.sandbox().muster({"status"}).out,
             Catch::Contains("/odd\\x0a\\x1b[2J") && !Catch::Contains("\x1b"));
  const auto logs = cluster.sandbox().path() / "state/muster/default/default/logs";
  bool named = false;
  for (const char* name : {"controller.log", "node.log"}) {
    std::ifstream file(logs / name);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CAPTURE(name);
    CHECK_THAT(text, !Catch::Contains("\x1b"));
    if (text.find("/odd\\x0a\\x1b[2J") != std::string::npos) named = true;
  }
  CHECK(named);
}
