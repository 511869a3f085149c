#include "controller/stranger_trial.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <sys/socket.h>

#include "controller/key_guard.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"
#include "protocol/knock.hpp"
#include "protocol/socket.hpp"

namespace wire = muster::wire;
using namespace muster::controller;

namespace {

constexpr const char* loopback = "127.0.0.1";

/// What let_in_by_key does, but for one of its parts.
void with_curve_alone(zmq::socket_t& router, const wire::KeyPair& server) {
  router.set(zmq::sockopt::curve_secretkey, server.secret_key);
  router.set(zmq::sockopt::curve_server, true);
}
void without_enforcing(zmq::socket_t& router, const wire::KeyPair& server) {
  router.set(zmq::sockopt::zap_domain, "muster");
  with_curve_alone(router, server);
}
void enforcing_without_a_domain(zmq::socket_t& router, const wire::KeyPair& server) {
  const int enforced = 1;
  REQUIRE(zmq_setsockopt(router.handle(), 93, &enforced, sizeof enforced) == 0);
  with_curve_alone(router, server);
}

zmq::socket_t router_in(zmq::context_t& context) {
  zmq::socket_t router(context, zmq::socket_type::router);
  router.set(zmq::sockopt::linger, 0);
  return router;
}

}  // namespace

TEST_CASE("the trial passes sockets as the controller makes them") {
  CHECK_NOTHROW(check_that_unanswered_means_refused(loopback, wire::let_in_by_key));
  zmq::context_t context;
  const wire::KeyRing keys = wire::KeyRing::make();
  const KeyGuard guard(context, keys);
  zmq::socket_t router = router_in(context);
  wire::let_in_by_key(router, keys.server);
  const std::string endpoint = wire::bind_tcp(router, loopback, 0);
  CHECK_NOTHROW(check_that_strangers_stay_out(context, {endpoint}, keys));
  CHECK(guard.refused() == 1);
}

TEST_CASE("the trial sees a socket that doesn't enforce the asking for keys") {
  CHECK_THROWS_WITH(check_that_unanswered_means_refused(loopback, without_enforcing),
                    Catch::Contains("was let in"));
}

TEST_CASE("the trial sees a socket that enforces nothing for want of a domain") {
  CHECK_THROWS_WITH(check_that_unanswered_means_refused(loopback, enforcing_without_a_domain),
                    Catch::Contains("was let in"));
  zmq::context_t context;
  const wire::KeyRing keys = wire::KeyRing::make();
  const KeyGuard guard(context, keys);
  zmq::socket_t router = router_in(context);
  enforcing_without_a_domain(router, keys.server);
  const std::string endpoint = wire::bind_tcp(router, loopback, 0);
  CHECK_THROWS_WITH(check_that_strangers_stay_out(context, {endpoint}, keys),
                    Catch::Contains("it was let in"));
}

TEST_CASE("the trial sees that the cluster's own keys aren't known") {
  zmq::context_t context;
  wire::KeyRing keys = wire::KeyRing::make();
  const KeyGuard guard(context, keys);
  zmq::socket_t router = router_in(context);
  wire::let_in_by_key(router, keys.server);
  const std::string endpoint = wire::bind_tcp(router, loopback, 0);
  keys.observer = wire::KeyPair::make();
  CHECK_THROWS_WITH(check_that_strangers_stay_out(context, {endpoint}, keys),
                    Catch::Contains("was refused"));
}

TEST_CASE("a knock tells an unknown key from another server and from nobody") {
  zmq::context_t context;
  const wire::KeyRing keys = wire::KeyRing::make();
  const KeyGuard guard(context, keys);
  zmq::socket_t router = router_in(context);
  wire::let_in_by_key(router, keys.server);
  const std::string endpoint = wire::bind_tcp(router, loopback, 0);
  const auto knock = [&](const std::string& where, const wire::PeerKeys& with) {
    return wire::Knock(context, where, with).wait(std::chrono::seconds(10));
  };
  CHECK(knock(endpoint, keys.for_peer(wire::Role::node)) == wire::KnockAnswer::let_in);
  CHECK(knock(endpoint, {keys.server.public_key, wire::KeyPair::make()}) ==
        wire::KnockAnswer::key_refused);
  CHECK(knock(endpoint, {wire::KeyPair::make().public_key, keys.client}) ==
        wire::KnockAnswer::other_keys);
  // A port that no system gives out by itself. (A router that is closed listens on for a moment.)
  wire::Knock nobody(context, "tcp://127.0.0.1:1", keys.for_peer(wire::Role::node));
  CHECK(nobody.wait(std::chrono::milliseconds(50)) == wire::KnockAnswer::nobody);
}

TEST_CASE("a controller that is stopped refuses nobody") {
  // The kernel takes connections for it, and nobody says a word on them.
  zmq::context_t context;
  const wire::Descriptor silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(silent.get(), 8) == 0);
  REQUIRE(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::string endpoint = wire::tcp_endpoint(loopback, ntohs(address.sin_port));
  wire::Knock knock(context, endpoint, wire::KeyRing::make().for_peer(wire::Role::node), 1);
  // Longer than a connection has for its greeting.
  CHECK(knock.wait(std::chrono::seconds(6)) == wire::KnockAnswer::nobody);
}

TEST_CASE("what a router bound before it let in by key asks for no key, and says who sends",
          "[wire]") {
  zmq::context_t context;
  const wire::KeyRing keys = wire::KeyRing::make();
  const KeyGuard guard(context, keys);
  const std::string path =
      (std::filesystem::temp_directory_path() / wire::Uuid::random().hex().substr(0, 8)).string();
  zmq::socket_t router = wire::make_router(context, "ipc://" + path);
  wire::let_in_by_key(router, keys.server);
  const std::string endpoint = wire::bind_tcp(router, loopback, 0);
  const auto user = [&](const std::string& where, const wire::PeerKeys& with) {
    zmq::socket_t dealer = wire::make_dealer(context, where, with);
    dealer.send(zmq::str_buffer("hello"), zmq::send_flags::none);
    zmq::pollitem_t item{router.handle(), 0, ZMQ_POLLIN, 0};
    REQUIRE(zmq::poll(&item, 1, std::chrono::seconds(10)) == 1);
    auto frame = wire::receive_routed(router);
    REQUIRE(frame);
    const auto name = wire::user_of(frame->frame);
    REQUIRE(name);
    return std::string(*name);
  };
  CHECK(user("ipc://" + path, {}).empty());
  for (const wire::Role role : wire::all_roles) {
    CHECK(user(endpoint, keys.for_peer(role)) == wire::name_of(role));
  }
  std::filesystem::remove(path);
}

TEST_CASE("nothing connects over a network in the clear") {
  zmq::context_t context;
  CHECK_THROWS_WITH(wire::make_dealer(context, "tcp://127.0.0.1:1"), Catch::Contains("needs keys"));
}
