#include "tests/processes/cluster.hpp"

#include <csignal>

#include <catch2/catch.hpp>

#include "tests/processes/patience.hpp"

namespace muster::test {
namespace {

std::vector<std::string> start_command(int engines, const std::vector<std::string>& options) {
  std::vector<std::string> command{program("muster"), "start", "-n", std::to_string(engines)};
  command.insert(command.end(), options.begin(), options.end());
  return command;
}

}  // namespace

Cluster::Cluster(int engines, const std::vector<std::string>& options)
    : launcher_(start_command(engines, options), sandbox_.path() / "outputs") {
  const bool ready = launcher_.has_said("is running");
  INFO(launcher_.err());
  REQUIRE(ready);
}

wire::ConnectionFile Cluster::file() const {
  return wire::read_connection_file(sandbox_.path() / "state/muster/default/default" /
                                    "connection.json");
}

pid_t Cluster::controller() const {
  return static_cast<pid_t>(file().controller_pid);
}

pid_t Cluster::kill_controller() const {
  const pid_t before = controller();
  REQUIRE(::kill(before, SIGKILL) == 0);
  REQUIRE(eventually([&] { return controller() != before; }));
  return controller();
}

Cluster::~Cluster() {
  if (launcher_.running()) stop();
}

pid_t Cluster::node() const {
  for (const pid_t pid : sandbox_.processes()) {
    if (role_of(pid) == "node") return pid;
  }
  FAIL("the cluster has no node");
  return -1;
}

std::vector<pid_t> Cluster::engines() const {
  std::vector<pid_t> pids;
  const nlohmann::json now = status();
  for (const auto& engine : now.at("engines"))
    pids.push_back(engine.at("pid").get<pid_t>());
  return pids;
}

nlohmann::json Cluster::status() const {
  Finished answer = sandbox_.muster({"status", "--json"});
  // Where messages are lost an answer may take longer than a person is made to wait for it.
  for (int again = 0; messages_are_lost && answer.code == 124 && again < 5; ++again)
    answer = sandbox_.muster({"status", "--json"});
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return nlohmann::json::parse(answer.out);
}

}  // namespace muster::test
