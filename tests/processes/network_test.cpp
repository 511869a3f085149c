// A cluster that listens on a network: who gets in, as what, and what strangers can do. Programs
// and nodes come "from another host" by a connection file whose local paths lead nowhere.

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.hpp>

#include <muster/muster.hpp>

#include "protocol/connection_file.hpp"
#include "protocol/key_ring.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/socket.hpp"
#include "protocol/way.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/listening.hpp"
#include "tests/processes/patience.hpp"

namespace fs = std::filesystem;
namespace wire = muster::wire;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::program;
using muster::test::Sandbox;
using wire::Role;

namespace {

const std::vector<std::string> on_loopback{"--bind", "127.0.0.1"};

int plus_one(int value) {
  return value + 1;
}

fs::path directory_of(const Cluster& cluster) {
  return cluster.sandbox().path() / "state/muster/default/default";
}

wire::KeyRing keys_of(const Cluster& cluster) {
  return wire::read_key_ring(directory_of(cluster) / "keys.json");
}

/// The cluster's file as it works on another host.
wire::ConnectionFile from_elsewhere(const Cluster& cluster, const std::string& name) {
  wire::ConnectionFile file = wire::read_connection_file(directory_of(cluster) / name);
  for (std::string* endpoint :
       {&file.client_endpoint, &file.engine_endpoint, &file.control_endpoint}) {
    if (!endpoint->empty()) *endpoint = "ipc:///nowhere/muster";
  }
  REQUIRE_FALSE(wire::way_to(file).local);
  return file;
}

fs::path written(const Cluster& cluster, const wire::ConnectionFile& file) {
  fs::path path = cluster.sandbox().path() / (std::string("copy-") + wire::name_of(file.role));
  wire::write_connection_file(path, file);
  return path;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What the controller says to a peer with the key of one role that calls itself another; empty
/// when it is welcome.
std::string answer_to(const wire::ConnectionFile::Network& network, const wire::PeerKeys& keys,
                      Role claimed, const wire::Uuid& cluster) {
  zmq::context_t context;
  zmq::socket_t socket = wire::make_dealer(context, network.control_endpoint, keys);
  wire::Hello hello;
  hello.role = static_cast<std::uint8_t>(claimed);
  hello.cluster = raw(cluster);
  hello.peer = raw(wire::Uuid::random());
  hello.pid = ::getpid();
  hello.host = "elsewhere";
  hello.program = "network_test";
  wire::PeerLink link(hello, wire::Lane::Keep::nothing);
  const auto now = [] { return std::chrono::steady_clock::now(); };
  link.restart(now());
  std::vector<muster::detail::Buffer> frames;
  link.take(
      0, [&](muster::detail::Buffer&& frame) { frames.push_back(std::move(frame)); },
      [](muster::detail::Buffer&&) {});
  REQUIRE(eventually([&] { return wire::send(socket, frames.front()) == wire::Sent::yes; }));
  REQUIRE(eventually([&] {
    while (const auto frame = wire::receive(socket))
      link.receive_control(wire::bytes_of(*frame), now(), [](const wire::Record&) {});
    return link.state() != wire::PeerLink::State::greeting;
  }));
  return link.farewell();
}

}  // namespace

TEST_CASE("a cluster that wasn't told to listen opens no port") {
  const Cluster cluster(1);
  CHECK(muster::test::listening_ports(cluster.sandbox().processes()).empty());
  CHECK_FALSE(fs::exists(directory_of(cluster) / "keys.json"));
  CHECK_FALSE(fs::exists(directory_of(cluster) / "connection-node.json"));
}

TEST_CASE("a cluster that listens has three ports, and programs of its host don't use them") {
  const Cluster cluster(1, on_loopback);
  CHECK(muster::test::listening_ports(cluster.sandbox().processes()).size() == 3);
  CHECK(wire::way_to(wire::read_connection_file(directory_of(cluster) / "connection.json")).local);
  muster::Client client;
  CHECK(client.load_balanced_view().apply<plus_one>(1).get() == 2);
}

TEST_CASE("the ports of a cluster are none that a peer which looks for it could be given itself") {
  const Cluster cluster(1, on_loopback);
  unsigned given_from = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> given_from;
  if (given_from <= 20'000) return;  // a host that gives nearly all away
  for (const unsigned port : muster::test::listening_ports(cluster.sandbox().processes()))
    CHECK(port < given_from);
}

TEST_CASE("a program with a copy of the connection file runs its tasks from another host") {
  const Cluster cluster(2, on_loopback);
  const fs::path file = written(cluster, from_elsewhere(cluster, "connection.json"));
  muster::Client client({.file = file});
  std::vector<int> inputs(1000);
  for (int i = 0; i < 1000; ++i)
    inputs[static_cast<std::size_t>(i)] = i;
  int expected = 1;
  for (const int value : client.load_balanced_view().map<plus_one>(inputs))
    CHECK(value == expected++);
  CHECK(expected == 1001);
}

TEST_CASE("a program finds the file of another host by MUSTER_CONNECTION_FILE") {
  const Cluster cluster(1, on_loopback);
  const fs::path file = written(cluster, from_elsewhere(cluster, "connection.json"));
  const muster::test::Gate gate(cluster.sandbox().path());
  gate.open();
  const auto finished =
      muster::test::run({program("patient_client"), gate.path(), "3"},
                        cluster.sandbox().path() / "outputs", {{"MUSTER_CONNECTION_FILE", file}});
  CHECK(finished.code == 0);
  CHECK_THAT(finished.out, Catch::Contains("3 results"));
}

TEST_CASE(
    "a program's file is enough to look at a cluster of another host, and to run commands there") {
  const Cluster cluster(2, on_loopback);
  const std::string file = written(cluster, from_elsewhere(cluster, "connection.json")).string();
  const auto& muster = [&](std::vector<std::string> arguments) {
    const auto finished = cluster.sandbox().muster(arguments);
    INFO(finished.err);
    CHECK(finished.code == 0);
    return finished.out;
  };
  CHECK(muster({"run", "--file", file, "--", "echo", "here"}) == "here\n");
  CHECK_THAT(muster({"run", "--all", "--file", file, "--", "echo", "here"}),
             Catch::Contains("[0] here\n") && Catch::Contains("[1] here\n"));
  CHECK_THAT(muster({"status", "--file", file}), Catch::Contains("cluster 'default' of profile"));
  CHECK_THAT(muster({"report", "--file", file, "-o", "-"}), Catch::Contains("<svg"));
  const std::string observer =
      written(cluster, from_elsewhere(cluster, "connection-observer.json")).string();
  CHECK_THAT(muster({"status", "--file", observer, "--json"}), Catch::Contains("\"engines\""));

  const auto refused = cluster.sandbox().muster(
      {"status", "--file", (directory_of(cluster) / "connection-node.json").string()});
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err,
             Catch::Contains("for the role node") && Catch::Contains("connection.json"));
  const auto unable = cluster.sandbox().muster({"run", "--file", observer, "--", "true"});
  CHECK(unable.code == 125);
  CHECK_THAT(unable.err, Catch::Contains("for the role observer"));
}

TEST_CASE("commands find the file of another host where programs do") {
  Cluster cluster(1, on_loopback);
  wire::ConnectionFile file = from_elsewhere(cluster, "connection.json");
  const auto with_file = [&](const std::vector<std::string>& arguments, const fs::path& path) {
    std::vector<std::string> command{program("muster")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return muster::test::run(command, cluster.sandbox().path() / "outputs",
                             {{"MUSTER_CONNECTION_FILE", path}});
  };
  const fs::path path = written(cluster, file);
  CHECK(with_file({"run", "--", "echo", "here"}, path).out == "here\n");
  CHECK(with_file({"status"}, path).code == 0);
  // What the command line names is stronger than the environment.
  const auto named = with_file({"status", "--cluster-id", "other"}, path);
  CHECK(named.code == 3);
  CHECK_THAT(named.err, Catch::Contains("'other'"));
  const auto missing = with_file({"status"}, cluster.sandbox().path() / "nothing.json");
  CHECK(missing.code == 3);
  CHECK_THAT(missing.err, Catch::Contains("nothing.json") && Catch::Contains("copy"));

  CHECK(cluster.stop().code == 0);
  for (const char* command : {"status", "report"}) {
    const auto late = with_file({command}, path);
    INFO(late.err);
    CHECK(late.code == 3);
    CHECK_THAT(late.err, Catch::Contains("is the cluster running"));
  }
}

TEST_CASE("a program whose key isn't known is told that it was refused") {
  const Cluster cluster(0, on_loopback);
  wire::ConnectionFile file = from_elsewhere(cluster, "connection.json");
  file.network->keys.own = wire::KeyPair::make();
  CHECK_THROWS_WITH(muster::Client({.file = written(cluster, file)}),
                    Catch::Contains("key refused") && Catch::Contains("copy the file again"));
  file = from_elsewhere(cluster, "connection.json");
  file.network->keys.server_key = wire::KeyPair::make().public_key;
  CHECK_THROWS_WITH(muster::Client({.file = written(cluster, file)}),
                    Catch::Contains("key refused"));
  CHECK(eventually([&] { return cluster.status().at("refused").at("keys") == 1; }));
  CHECK_THAT(cluster.sandbox().muster({"status"}).out,
             Catch::Contains("network tcp://127.0.0.1:") &&
                 Catch::Contains("refused 1 unknown keys, 0 wrong roles"));
}

TEST_CASE("a file of another role is refused by its name") {
  const Cluster cluster(0, on_loopback);
  CHECK_THROWS_WITH(muster::Client({.file = directory_of(cluster) / "connection-observer.json"}),
                    Catch::Contains("for the role observer") && Catch::Contains("connection.json"));
  const auto finished = cluster.sandbox().muster(
      {"node", "--connect", (directory_of(cluster) / "connection.json").string()});
  CHECK(finished.code == 1);
  CHECK_THAT(finished.err, Catch::Contains("connection-node.json"));
}

TEST_CASE("a node without its file is told which one to copy") {
  const Sandbox sandbox;
  const auto finished = sandbox.muster({"node", "--connect", "connection-node.json"});
  CHECK(finished.code == 1);
  CHECK_THAT(finished.err,
             Catch::Contains("copy connection-node.json") && !Catch::Contains("muster start"));
}

TEST_CASE("nobody is more than what his key says", "[wire]") {
  const Cluster cluster(0, on_loopback);
  const wire::KeyRing keys = keys_of(cluster);
  const wire::ConnectionFile file = from_elsewhere(cluster, "connection.json");
  for (const Role held : wire::all_roles) {
    for (const Role claimed : wire::all_roles) {
      INFO(wire::name_of(held) << " says that it is " << wire::name_of(claimed));
      const std::string answer = answer_to(*file.network, keys.for_peer(held), claimed, file.uuid);
      const bool refused = answer.find("its key is for the role") != std::string::npos;
      CHECK(refused == (held != claimed));
      if (refused) CHECK_THAT(answer, Catch::Contains(wire::name_of(held)));
    }
  }
  CHECK(cluster.status().at("refused").at("roles") == 12);
}

TEST_CASE("keys are in files that are closed to others, nowhere else, and gone with the cluster") {
  Cluster cluster(1, on_loopback);
  const wire::ConnectionFile elsewhere = from_elsewhere(cluster, "connection-node.json");
  const Child node({program("muster"), "node", "--connect", written(cluster, elsewhere), "-n", "1"},
                   cluster.sandbox().path() / "outputs");
  REQUIRE(node.has_said("joined"));
  REQUIRE(eventually([&] { return cluster.status().at("engines").size() == 2; }));
  const wire::KeyRing keys = keys_of(cluster);
  const std::vector<const char*> files{"keys.json", "connection.json", "connection-node.json",
                                       "connection-observer.json"};
  for (const char* name : files) {
    struct stat status {};
    REQUIRE(::stat((directory_of(cluster) / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
  }
  std::vector<fs::path> places;
  for (const pid_t pid : cluster.sandbox().processes()) {
    const fs::path process = fs::path("/proc") / std::to_string(pid);
    places.insert(places.end(), {process / "cmdline", process / "environ"});
  }
  for (const auto& entry : fs::recursive_directory_iterator(directory_of(cluster) / "logs")) {
    if (entry.is_regular_file()) places.push_back(entry.path());
  }
  REQUIRE(places.size() > 10);
  for (const fs::path& place : places) {
    const std::string text = text_of(place);
    INFO(place);
    for (const wire::KeyPair* pair :
         {&keys.server, &keys.client, &keys.engine, &keys.node, &keys.observer}) {
      CHECK(text.find(pair->secret_key) == std::string::npos);
    }
  }
  CHECK(cluster.stop().code == 0);
  for (const char* name : files)
    CHECK_FALSE(fs::exists(directory_of(cluster) / name));
}

TEST_CASE("a node joins by hand, runs tasks, and its tasks run elsewhere when it leaves") {
  const Cluster cluster(0, on_loopback);
  const muster::test::Gate gate(cluster.sandbox().path());
  const fs::path file = written(cluster, from_elsewhere(cluster, "connection-node.json"));
  const auto join = [&] {
    return std::make_unique<Child>(
        std::vector<std::string>{program("muster"), "node", "--connect", file, "-n", "2"},
        cluster.sandbox().path() / "outputs");
  };
  const auto first = join();
  REQUIRE(first->has_said("2 engines joined cluster 'default'"));
  Child client({program("patient_client"), gate.path(), "8"}, cluster.sandbox().path() / "outputs");
  REQUIRE(gate.has_notes("started", 2));
  first->signal(SIGINT);
  CHECK(first->wait().code == 0);
  // Those engines are of the past.
  REQUIRE(eventually([&] { return cluster.status().at("engines").empty(); }));
  const auto second = join();
  REQUIRE(second->has_said("joined"));
  gate.open();
  const auto finished = client.wait();
  CHECK(finished.code == 0);
  CHECK_THAT(finished.out, Catch::Contains("8 results"));
}

TEST_CASE("a node ends with its cluster, and says so") {
  Cluster cluster(0, on_loopback);
  const fs::path file = written(cluster, from_elsewhere(cluster, "connection-node.json"));
  Child node({program("muster"), "node", "--connect", file, "-n", "1"},
             cluster.sandbox().path() / "outputs");
  REQUIRE(node.has_said("joined"));
  CHECK(cluster.stop().code == 0);
  const auto finished = node.wait();
  CHECK(finished.code == 0);
  CHECK_THAT(finished.err, Catch::Contains("the cluster was stopped"));
}

TEST_CASE("a node whose key isn't known is refused at once") {
  const Cluster cluster(0, on_loopback);
  wire::ConnectionFile file = from_elsewhere(cluster, "connection-node.json");
  file.network->keys.own = wire::KeyPair::make();
  const auto finished =
      cluster.sandbox().muster({"node", "--connect", written(cluster, file).string()});
  CHECK(finished.code == 1);
  CHECK_THAT(finished.err, Catch::Contains("key refused"));
}
