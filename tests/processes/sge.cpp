#include "tests/processes/sge.hpp"

#include <fstream>
#include <utility>

#include <catch2/catch.hpp>

namespace muster::test {

Sge::Sge(const Sandbox& sandbox, int count) : hosts_(sandbox, count) {
  missing_ = hosts_.missing();
  if (!missing_.empty()) return;
  const Finished up = test::run(
      {MUSTER_SOURCE_DIR "/tests/testbed/sge", "up", hosts_.path(), std::to_string(count)},
      sandbox.path() / "outputs");
  INFO(up.err);
  REQUIRE((up.code == 0 || up.code == 77));
  if (up.code != 0) missing_ = up.err;
  std::ifstream environment(hosts_.path() / "sge/environment");
  for (std::string line; std::getline(environment, line);) {
    const std::size_t equals = line.find('=');
    variables_.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
}

std::unique_ptr<Child> Sge::start(std::vector<std::string> arguments) const {
  return hosts_.start("h1", std::move(arguments), variables_);
}

}  // namespace muster::test
