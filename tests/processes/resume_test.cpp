// `muster controller`, killed with all that watches it, as when its host goes down: nodes and
// programs wait, and --resume goes on with them.

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "tests/processes/child.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"

namespace fs = std::filesystem;
namespace wire = muster::wire;
using Catch::Contains;
using muster::test::bound;
using muster::test::Child;
using muster::test::eventually;
using muster::test::Gate;
using muster::test::program;
using muster::test::Sandbox;

namespace {

/// Leaves a note for each time that it is run.
int once(const std::string& gate, int number) {
  static int runs = 0;
  muster::test::note(gate, "run-" + std::to_string(number) + "-of-" + std::to_string(::getpid()) +
                               "-" + std::to_string(++runs));
  muster::test::pass(gate);
  return number;
}

int slowly_squared(int n) {
  ::usleep(2'000);
  return n * n;
}

/// `muster controller`, and what lies in its directory.
class Controller {
 public:
  Controller(const Sandbox& sandbox, const std::vector<std::string>& options)
      : directory_(sandbox.path() / "state/muster/default/default"),
        child_(command(options), sandbox.path() / "outputs") {
    const bool ready = child_.has_said("is running");
    INFO(child_.err());
    REQUIRE(ready);
  }

  fs::path directory() const { return directory_; }
  wire::ConnectionFile file(const char* name = "connection.json") const {
    return wire::read_connection_file(directory_ / name);
  }
  /// Nobody has the time to say GOODBYE.
  void kill_all() {
    const auto controller = static_cast<pid_t>(file().controller_pid);
    ::kill(controller, SIGSTOP);
    child_.signal(SIGKILL);
    ::kill(controller, SIGKILL);
    CHECK(child_.wait().signal == SIGKILL);
    REQUIRE(eventually([&] { return ::kill(controller, 0) != 0; }));
  }

 private:
  static std::vector<std::string> command(const std::vector<std::string>& options) {
    std::vector<std::string> words{program("muster"), "controller"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

  fs::path directory_;
  Child child_;
};

/// The file as it works on another host.
fs::path from_elsewhere(const Sandbox& sandbox, wire::ConnectionFile file) {
  for (std::string* endpoint :
       {&file.client_endpoint, &file.engine_endpoint, &file.control_endpoint}) {
    if (!endpoint->empty()) *endpoint = "ipc:///nowhere/muster";
  }
  const fs::path path = sandbox.path() / (std::string("copy-") + wire::name_of(file.role));
  wire::write_connection_file(path, file);
  return path;
}

nlohmann::json status(const Sandbox& sandbox) {
  const auto answer = sandbox.muster({"status", "--json"});
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return nlohmann::json::parse(answer.out);
}

/// How many processes have run tasks; one that was replaced counts beside its successor.
std::size_t processes_in(const std::vector<std::string>& notes) {
  std::set<std::string> processes;
  for (const std::string& note : notes) {
    const std::size_t pid = note.find("-of-") + 4;
    processes.insert(note.substr(pid, note.rfind('-') - pid));
  }
  return processes.size();
}

/// Tasks that run, tasks that wait and a map, in the middle of which all is killed.
void expect_to_go_on(
    const Sandbox& sandbox, std::unique_ptr<Controller> controller, const muster::Client& client,
    const std::function<void()>& meanwhile = [] {}) {
  const auto view = client.load_balanced_view();
  const Gate gate(sandbox.path());
  std::vector<int> numbers(600);
  std::iota(numbers.begin(), numbers.end(), 0);
  int expected = 0;
  std::vector<muster::AsyncResult<int>> results;
  const wire::ConnectionFile before = controller->file();
  for (const int value : view.map<slowly_squared>(numbers)) {
    REQUIRE(value == expected * expected);
    if (++expected != 200) continue;
    for (int i = 0; i < 6; ++i)
      results.push_back(view.apply<once>(gate.path(), i));
    REQUIRE(gate.has_notes("run-", 2));
    controller->kill_all();
    meanwhile();
    controller = std::make_unique<Controller>(sandbox, std::vector<std::string>{"--resume"});
    gate.open();
  }
  CHECK(expected == 600);
  for (int i = 0; i < 6; ++i)
    CHECK(results[static_cast<std::size_t>(i)].get(bound) == i);
  CHECK(gate.notes("run-").size() == 6);
  CHECK(processes_in(gate.notes("run-")) == 2);
  const wire::ConnectionFile after = controller->file();
  CHECK(after.uuid == before.uuid);
  CHECK(after.network == before.network);
  CHECK(status(sandbox).at("controller").at("epoch") == 2);
  CHECK(sandbox.muster({"stop"}).code == 0);
}

}  // namespace

TEST_CASE("rule 7: a controller of its own that was killed is resumed, and nothing runs twice") {
  const Sandbox sandbox;
  auto controller =
      std::make_unique<Controller>(sandbox, std::vector<std::string>{"--bind", "127.0.0.1"});
  const fs::path file = controller->directory() / "connection-node.json";
  const Child node({program("muster"), "node", "--connect", file, "-n", "2"},
                   sandbox.path() / "outputs");
  REQUIRE(node.has_said("2 engines joined"));
  const muster::Client client;
  expect_to_go_on(sandbox, std::move(controller), client);
}

TEST_CASE("rule 7: other hosts find a resumed controller where it was, with the keys they have") {
  const Sandbox sandbox;
  auto controller =
      std::make_unique<Controller>(sandbox, std::vector<std::string>{"--bind", "127.0.0.1"});
  const fs::path file = from_elsewhere(sandbox, controller->file("connection-node.json"));
  const Child node({program("muster"), "node", "--connect", file, "-n", "2"},
                   sandbox.path() / "outputs");
  REQUIRE(node.has_said("2 engines joined"));
  const muster::Client client({.file = from_elsewhere(sandbox, controller->file())});
  expect_to_go_on(sandbox, std::move(controller), client);
}

TEST_CASE("rule 7: a controller is resumed although its socket directory was cleaned away") {
  const Sandbox sandbox;
  auto controller =
      std::make_unique<Controller>(sandbox, std::vector<std::string>{"--bind", "127.0.0.1"});
  const fs::path file = controller->directory() / "connection-node.json";
  const Child node({program("muster"), "node", "--connect", file, "-n", "2"},
                   sandbox.path() / "outputs");
  REQUIRE(node.has_said("2 engines joined"));
  const muster::Client client;
  const std::string scheme = "ipc://";
  const std::string endpoint = controller->file().client_endpoint;
  REQUIRE(endpoint.starts_with(scheme));
  const fs::path sockets = fs::path(endpoint.substr(scheme.size())).parent_path();
  expect_to_go_on(sandbox, std::move(controller), client, [&] {
    // With the directory of all clusters of this user, as after a reboot.
    REQUIRE(fs::remove_all(sockets.parent_path()) > 1);
  });
}

TEST_CASE(
    "a controller of its own that dies alone is started again, and engines that joined go on") {
  const Sandbox sandbox;
  const Controller controller(sandbox, {});
  const Child guests({program("muster"), "engines", "-n", "2"}, sandbox.path() / "outputs");
  REQUIRE(guests.has_said("2 engines joined"));
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const Gate gate(sandbox.path());
  std::vector<muster::AsyncResult<int>> results;
  for (int i = 0; i < 6; ++i)
    results.push_back(view.apply<once>(gate.path(), i));
  REQUIRE(gate.has_notes("run-", 2));
  const auto before = controller.file().controller_pid;
  ::kill(static_cast<pid_t>(before), SIGKILL);
  REQUIRE(eventually([&] { return controller.file().controller_pid != before; }));
  gate.open();
  for (int i = 0; i < 6; ++i)
    CHECK(results[static_cast<std::size_t>(i)].get(bound) == i);
  CHECK(gate.notes("run-").size() == 6);
  CHECK(processes_in(gate.notes("run-")) == 2);
  CHECK(sandbox.muster({"stop"}).code == 0);
}

TEST_CASE("what was stopped, never ran or still runs isn't resumed") {
  const Sandbox sandbox;
  const auto never = sandbox.muster({"controller", "--resume"});
  CHECK(never.code == 3);
  CHECK_THAT(never.err, Contains("nothing") && Contains("muster controller"));
  {
    const Controller controller(sandbox, {});
    CHECK(sandbox.muster({"controller", "--resume"}).code == 10);
    CHECK(sandbox.muster({"stop"}).code == 0);
  }
  CHECK(sandbox.muster({"controller", "--resume"}).code == 3);
}

TEST_CASE("a controller that couldn't be resumed can be resumed later") {
  const Sandbox sandbox;
  Controller controller(sandbox, {"--bind", "127.0.0.1"});
  const wire::ConnectionFile before = controller.file();
  controller.kill_all();
  {
    const std::string& endpoint = before.network->control_endpoint;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    const wire::Descriptor other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    REQUIRE(::bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(other.get(), 1) == 0);
    const auto taken = sandbox.muster({"controller", "--resume"});
    CHECK(taken.code == 1);
    CHECK_THAT(taken.err, Contains("cannot listen on port"));
  }
  const Controller again(sandbox, {"--resume"});
  CHECK(again.file().uuid == before.uuid);
  CHECK(sandbox.muster({"stop"}).code == 0);
}
