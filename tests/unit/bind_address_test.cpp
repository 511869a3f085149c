#include "launcher/bind_address.hpp"

#include <stdexcept>

#include <catch2/catch.hpp>

using muster::launcher::BindAddress;
using muster::launcher::parse_bind_address;
using Ports = std::vector<std::uint16_t>;

TEST_CASE("a cluster listens on an address, an interface or a name of this host") {
  for (const char* name : {"127.0.0.1", "lo", "localhost"}) {
    INFO(name);
    const BindAddress bind = parse_bind_address(name, "");
    CHECK((bind.address == "127.0.0.1" || bind.address == "::1"));
    CHECK(bind.published == bind.address);
    CHECK(bind.ports.empty());
  }
}

TEST_CASE("every address is bound only when it is said, and another one is told to other hosts") {
  const BindAddress bind = parse_bind_address("0.0.0.0", "");
  CHECK(bind.address == "0.0.0.0");
  CHECK(bind.published != "0.0.0.0");
}

TEST_CASE("a port stands for itself and the two behind it") {
  CHECK(parse_bind_address("127.0.0.1:5000", "").ports == Ports{5000, 5001, 5002});
  CHECK(parse_bind_address("lo:5000", "").ports == Ports{5000, 5001, 5002});
  CHECK(parse_bind_address("127.0.0.1", "5000-5003").ports == Ports{5000, 5001, 5002, 5003});
}

TEST_CASE("a bind address that makes no sense says what this host has or what is wrong") {
  const auto text = [](const std::string& address, const std::string& range) {
    try {
      parse_bind_address(address, range);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(text("203.0.113.7", ""), Catch::Contains("this host has: lo 127.0.0.1"));
  CHECK_THAT(text("no such interface", ""), Catch::Contains("this host has: lo 127.0.0.1"));
  CHECK_THAT(text("[::1", ""), Catch::Contains("lacks a ]"));
  for (const char* port : {"0", "65536", "65534", "x", "5000x", "-1"}) {
    INFO(port);
    CHECK_FALSE(text(std::string("127.0.0.1:") + port, "").empty());
  }
  for (const char* range : {"5000", "5000-5001", "5003-5000", "1-65535", "a-b"}) {
    INFO(range);
    CHECK_THAT(text("127.0.0.1", range), Catch::Contains("--port-range"));
  }
  CHECK_THAT(text("127.0.0.1:5000", "5000-5003"), Catch::Contains("leave out --port-range"));
}
