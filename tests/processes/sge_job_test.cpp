// Clusters whose engines are in jobs that were submitted to Grid Engine, on hosts of the test bed.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sge.hpp"

using Catch::Contains;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Gate;
using muster::test::program;
using muster::test::Sandbox;
using muster::test::Sge;

namespace {

std::vector<std::string> words(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program("muster"));
  return arguments;
}

}  // namespace

TEST_CASE("of Grid Engine's jobs one is deleted, its task runs elsewhere, and stop leaves none") {
  const Sandbox sandbox;
  const Sge sge(sandbox, 2);
  SKIP_WITHOUT(sge);
  const auto cluster = sge.start(words({"start", "--launcher", "sge", "-n", "2", "--blocks", "2",
                                        "--drain-time", "1", "--hwm", "1"}));
  REQUIRE(cluster->has_said("is running: 2 engines"));
  const auto status = [&] {
    return nlohmann::json::parse(sge.run(words({"status", "--json"})).out);
  };
  CHECK(
      eventually([&] { return status().at("jobs").at("blocks").at(1).at("state") == "running"; }));
  const Finished where = sge.run(words({"run", "--all", "--", "hostname"}));
  CHECK_THAT(where.out, Contains("h1") && Contains("h2"));

  const Gate gate(sandbox.path());
  const std::string wait = ": > " + gate.path() + "/began-$(hostname); until [ -e " + gate.path() +
                           "/open ]; do sleep 0.1; done";
  const auto first = sge.start(words({"run", "--", "sh", "-c", wait}));
  const auto second = sge.start(words({"run", "--", "sh", "-c", wait}));
  REQUIRE(gate.has_notes("began", 2));
  CHECK(sge.run({"qdel", "1.2"}).code == 0);
  const auto says = [&](const std::string& text) {
    return eventually([&] { return cluster->err().find(text) != std::string::npos; });
  };
  CHECK(says("job 1.2 ends soon (SIGUSR2)"));
  CHECK(says("job 1.2, which ran on h"));
  CHECK(status().at("totals").at("crashes") == 0);
  gate.open();
  CHECK(first->wait().code == 0);
  CHECK(second->wait().code == 0);

  CHECK(sge.run(words({"stop"})).code == 0);
  CHECK(cluster->wait().code == 0);
  CHECK(eventually([&] { return sge.run({"qstat"}).out.empty(); }));
  CHECK(sge.hosts().become_idle());
}

TEST_CASE("in a job of Grid Engine's a cluster has the job's hosts and slots") {
  const Sandbox sandbox;
  const Sge sge(sandbox, 2);
  SKIP_WITHOUT(sge);
  const std::string muster = program("muster");
  const std::filesystem::path out = sandbox.path() / "job.out";
  // The program begins with the first engine.
  const std::string run = muster + " run --all -- hostname";
  const std::string all = "until [ $(" + run + " | wc -l) -eq 2 ]; do :; done; " + run;
  const std::filesystem::path script = sandbox.path() / "job.sh";
  std::ofstream(script) << "exec " << muster << " exec --require-all -- sh -c '" << all << "'\n";
  const auto submitted = sge.start({"qsub", "-sync", "y", "-V", "-S", "/bin/sh", "-j", "y", "-o",
                                    out.string(), "-pe", "spread", "2", script.string()});
  // Grid Engine takes its time with each step.
  for (int patience = 0; patience < 3 && submitted->running(); ++patience)
    eventually([&] { return !submitted->running(); });
  const Finished job = submitted->wait();
  std::ifstream file(out);
  const std::string said{std::istreambuf_iterator<char>(file), {}};
  INFO(job.out << job.err << said);
  CHECK(job.code == 0);
  CHECK((said == "[0] h1\n[1] h2\n" || said == "[0] h2\n[1] h1\n"));
  CHECK(sge.hosts().become_idle());
}
