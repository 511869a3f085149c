// A program that is built again while its cluster runs.

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using Catch::Contains;
using namespace muster::test;

TEST_CASE("a program that is built again has its own tasks, and the one that runs keeps its") {
  const Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  const std::filesystem::path path = cluster.sandbox().path() / "program";
  const std::filesystem::path outputs = cluster.sandbox().path() / "outputs";
  std::filesystem::copy_file(program("rebuilt_one"), path);
  Child old({path.string(), gate.path()}, outputs);
  REQUIRE(old.has_said("first 1"));
  // As a linker does it: another file of that name.
  std::filesystem::remove(path);
  std::filesystem::copy_file(program("rebuilt_two"), path);
  Child renewed({path.string(), gate.path()}, outputs);
  REQUIRE(renewed.has_said("first 2"));
  gate.open();
  CHECK_THAT(renewed.wait().out, Contains("then 2"));
  CHECK_THAT(old.wait().out, Contains("then 1"));
}
