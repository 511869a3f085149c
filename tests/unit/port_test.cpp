// A client's socket and the frames that it hasn't taken yet.

#include "client/port.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include <catch2/catch.hpp>
#include <poll.h>

#include "protocol/identity.hpp"
#include "tests/processes/patience.hpp"

namespace muster::client {
namespace {

/// The port as its loop treats it when the descriptor tells of something, at this instant.
void attend(Port& port, Port::Instant now) {
  pollfd fd{port.descriptor(), POLLIN, 0};
  ::poll(&fd, 1, 100);
  if (fd.revents == 0) return;
  port.stir();
  // In this order: what comes after the flush is told of anew.
  while (port.receive()) {
  }
  port.flush(now);
}

}  // namespace

TEST_CASE("what a socket refused is sent when it tells of the connection, not at the next try") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("muster-port-" + wire::Uuid::random().hex().substr(0, 8));
  const std::string endpoint = "ipc://" + path.string();
  zmq::context_t context;
  Port port(wire::make_dealer(context, endpoint));
  const Port::Instant now = Port::Instant{} + std::chrono::hours(1);
  wire::Frame frame;
  frame.records.append(std::as_bytes(std::span("hello")));
  port.push(std::move(frame));
  REQUIRE(port.flush(now));
  REQUIRE(port.retry() > now);  // nobody is there
  zmq::socket_t router = wire::make_router(context, endpoint);
  // No time passes for the port, so the next try never comes.
  CHECK(test::eventually([&] {
    attend(port, now);
    return port.retry() == Port::Instant::max();
  }));
  CHECK(test::eventually([&] { return wire::receive_routed(router).has_value(); }));
  std::filesystem::remove(path);
}

}  // namespace muster::client
