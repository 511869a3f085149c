// What strangers can do to a controller that listens on a network: connect, and be told to go.

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "protocol/descriptor.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/listening.hpp"
#include "tests/processes/patience.hpp"

using muster::test::Cluster;

namespace {

constexpr long mebibyte = 1 << 20;

int twice(int value) {
  return 2 * value;
}

muster::wire::Descriptor connected(unsigned port) {
  muster::wire::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
  return socket;
}

void send_all(const muster::wire::Descriptor& socket, const std::string& bytes) {
  ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// As every peer of ZeroMQ's begins: version 3.0, and that it will speak CURVE.
std::string greeting() {
  std::string bytes(64, '\0');
  bytes[0] = '\xff';
  bytes[9] = '\x7f';
  bytes[10] = 3;
  bytes.replace(12, 5, "CURVE");
  return bytes;
}

/// The beginning of a command that announces so many bytes.
std::string huge_command(std::uint64_t size) {
  std::string bytes("\x06", 1);
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(size >> shift & 0xff);
  return bytes;
}

/// The memory of a process that is in use.
long resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  long size = 0;
  long resident = 0;
  file >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

/// True when the other side has closed the connection, as far as it has been read.
bool is_closed(const muster::wire::Descriptor& socket) {
  std::array<char, 4096> bytes;
  ssize_t got = 0;
  do {
    got = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  } while (got > 0);
  return got == 0 || (errno != EAGAIN && errno != EINTR);
}

}  // namespace

TEST_CASE("strangers who connect and wait, or announce a lot, cost little and keep nobody out",
          "[wire]") {
  const Cluster cluster(1, {"--bind", "127.0.0.1"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  REQUIRE(view.apply<twice>(1).get() == 2);
  const auto ports = muster::test::listening_ports({cluster.controller()});
  REQUIRE(ports.size() == 3);
  const long before = resident_bytes(cluster.controller());

  std::vector<muster::wire::Descriptor> idle;
  std::vector<muster::wire::Descriptor> greedy;
  for (int i = 0; i < 60; ++i) {
    for (const unsigned port : ports) {
      idle.push_back(connected(port));
      greedy.push_back(connected(port));
      send_all(greedy.back(), greeting() + huge_command(256 * mebibyte) + std::string(4096, 'x'));
    }
  }
  for (int i = 0; i < 200; ++i)
    REQUIRE(view.apply<twice>(i).get() == 2 * i);
  CHECK(resident_bytes(cluster.controller()) - before < 64 * mebibyte);
  // Who announces more than a message has is shown out at once, who says nothing after 5 s.
  CHECK(muster::test::eventually(
      [&] { return std::all_of(greedy.begin(), greedy.end(), is_closed); }));
  CHECK(muster::test::eventually([&] { return std::all_of(idle.begin(), idle.end(), is_closed); }));
  CHECK(resident_bytes(cluster.controller()) - before < 64 * mebibyte);
  CHECK(view.apply<twice>(4).get() == 8);
}

TEST_CASE("strangers who send what is no greeting are shown out, and nobody else is", "[wire]") {
  const Cluster cluster(1, {"--bind", "127.0.0.1"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  const auto ports = muster::test::listening_ports({cluster.controller()});
  std::vector<muster::wire::Descriptor> strangers;
  std::uint32_t random = 1;
  for (int i = 0; i < 60; ++i) {
    std::string bytes = i % 3 == 0 ? greeting() : std::string();
    for (int k = 0; k < 4096; ++k) {
      random = random * 1664525 + 1013904223;
      bytes += static_cast<char>(random >> 24);
    }
    strangers.push_back(connected(*std::next(ports.begin(), i % 3)));
    send_all(strangers.back(), bytes);
    REQUIRE(view.apply<twice>(i).get() == 2 * i);
  }
  CHECK(muster::test::eventually(
      [&] { return std::all_of(strangers.begin(), strangers.end(), is_closed); }));
  CHECK(cluster.status().at("totals").at("failed") == 0);
}
