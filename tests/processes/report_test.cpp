// `muster report` against a cluster that has done something.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "tests/processes/cluster.hpp"

using Catch::Contains;
using muster::test::Cluster;
using muster::test::Finished;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a report shows the commands that were run, as a page, as a picture and on stdout") {
  const Cluster cluster(2);
  const std::string page = cluster.sandbox().path() / "run.html";
  const Finished nothing = cluster.sandbox().muster({"report", "-o", page});
  CHECK(nothing.code == 1);
  CHECK_THAT(nothing.err, Contains("no task has ended"));
  CHECK_FALSE(std::filesystem::exists(page));

  CHECK(cluster.sandbox().muster({"run", "--all", "--", "true"}).code == 0);
  const Finished written = cluster.sandbox().muster({"report", "-o", page});
  CHECK(written.code == 0);
  CHECK_THAT(written.out, Contains("2 tasks of 2 processes"));
  CHECK_THAT(content(page), Contains("shell command") && Contains("engine 1"));

  // Each of them is cut short with its process.
  CHECK(cluster.sandbox().muster({"run", "--all", "--", "sh", "-c", "kill -9 $PPID"}).code != 0);
  const Finished after = cluster.sandbox().muster({"report", "-o", page});
  CHECK_THAT(after.out, Contains("tasks of "));
  INFO(after.out);
  CHECK_THAT(content(page), Contains(" failed") && Contains(" died"));

  const std::string picture = cluster.sandbox().path() / "run.svg";
  CHECK(cluster.sandbox().muster({"report", "-o", picture}).code == 0);
  CHECK_THAT(content(picture), Catch::StartsWith("<svg ") && Contains("shell command"));
  CHECK_THAT(cluster.sandbox().muster({"report", "-o", "-"}).out, Contains("</html>"));

  const Finished nowhere = cluster.sandbox().muster({"report", "-o", "/nonexistent/run.html"});
  CHECK(nowhere.code == 1);
  CHECK_THAT(nowhere.err, Contains("/nonexistent/run.html"));
}
