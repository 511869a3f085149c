// Somebody at the controller's sockets who knows the format of messages, or doesn't, and means no
// good, while a program works on.

#include <chrono>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.hpp>

#include <muster/muster.hpp>

#include "protocol/body.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/limits.hpp"
#include "protocol/message.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::detail::Buffer;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
namespace wire = muster::wire;

namespace {

int square(int n) {
  return n * n;
}

/// A program that works on: its results are checked while the hostile one is busy, and at the end.
class Worker {
 public:
  Worker() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
  std::size_t done() const { return done_; }
  bool wrong() const { return wrong_; }
  /// Until it has got some more results.
  bool goes_on() {
    const std::size_t before = done_;
    return eventually([&] { return done_ > before + 20; });
  }

 private:
  void work(const std::stop_token& stop) {
    muster::Client client;
    const auto view = client.load_balanced_view();
    for (int i = 0; !stop.stop_requested(); i = (i + 1) % 1000) {
      try {
        if (view.apply<square>(i).get(bound) != i * i) wrong_ = true;
      } catch (const std::exception&) {
        wrong_ = true;
        return;
      }
      ++done_;
    }
  }

  std::atomic<std::size_t> done_{0};
  std::atomic<bool> wrong_{false};
  std::jthread thread_;
};

struct Endpoints {
  explicit Endpoints(const Cluster& cluster)
      : file(wire::read_connection_file(cluster.sandbox().path() /
                                        "state/muster/default/default/connection.json")),
        all{file.client_endpoint, beside(file.client_endpoint, "engine"), file.control_endpoint} {}

  /// The engines' socket is in the same directory; a client isn't told of it.
  static std::string beside(const std::string& endpoint, const char* name) {
    return endpoint.substr(0, endpoint.rfind('/') + 1) + name;
  }

  wire::ConnectionFile file;
  std::vector<std::string> all;
};

/// A ZeroMQ peer without any of Muster's manners.
class Stranger {
 public:
  Stranger(zmq::context_t& context, const std::string& endpoint)
      : socket_(context, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 200);
    socket_.connect(endpoint);
  }
  void send(std::string_view bytes, bool more = false) {
    socket_.send(zmq::buffer(bytes), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  void send(const Buffer& frame) {
    send({reinterpret_cast<const char*>(frame.data()), frame.size()});
  }
  /// What the controller says next that begins with this kind of record.
  wire::Message hear(wire::Kind kind) {
    for (socket_.set(zmq::sockopt::rcvtimeo, 20'000);;) {
      REQUIRE(socket_.recv(frame_));
      const wire::Bytes bytes(static_cast<const std::byte*>(frame_.data()), frame_.size());
      const auto message = wire::read_message(bytes);
      wire::Record record;
      if (message && wire::RecordReader(message->records).next(record) && record.kind == kind)
        return *message;
    }
  }

 private:
  zmq::socket_t socket_;
  zmq::message_t frame_;
};

Buffer hello(const wire::ConnectionFile& file, wire::Role role) {
  wire::Hello hello;
  hello.version = wire::protocol_version;
  hello.role = static_cast<std::uint8_t>(role);
  hello.cluster = raw(file.uuid);
  hello.peer = raw(wire::Uuid::random());
  hello.host = "nowhere";
  hello.program = "a stranger";
  hello.image = std::string(32, 'x');
  hello.engine = 7;
  Buffer message = wire::begin_message();
  const Buffer body = wire::pack(hello);
  wire::append_record(message, wire::Header{.kind = wire::Kind::hello}, {}, body.bytes());
  wire::seal_message(message, {});
  return message;
}

Buffer message_of(wire::Kind kind, std::uint64_t link, std::uint64_t sequence) {
  Buffer message = wire::begin_message();
  wire::append_record(message, wire::Header{.kind = kind}, {}, {});
  wire::seal_message(message, {link, sequence, 0, 0});
  return message;
}

std::string random_bytes(std::mt19937& random, std::size_t most) {
  std::string bytes(random() % most + 1, '\0');
  for (char& byte : bytes)
    byte = static_cast<char>(random());
  return bytes;
}

/// A connection below ZeroMQ.
wire::Descriptor raw_connection(const std::string& endpoint) {
  wire::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = endpoint.substr(std::string("ipc://").size());
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

std::uint64_t rubbish(const Cluster& cluster) {
  return cluster.status().at("links").at("rubbish").get<std::uint64_t>();
}

}  // namespace

TEST_CASE("random, cut and oversized messages are dropped, and a program works on", "[wire]") {
  const Cluster cluster(2);
  Worker worker;
  REQUIRE(worker.goes_on());
  zmq::context_t context;
  const Endpoints endpoints(cluster);
  std::mt19937 random(5);
  const Buffer whole = hello(endpoints.file, wire::Role::client);
  for (const std::string& endpoint : endpoints.all) {
    Stranger stranger(context, endpoint);
    for (int i = 0; i < 300; ++i)
      stranger.send(random_bytes(random, 500));
    for (std::size_t size = 0; size < whole.size(); size += 7)
      stranger.send({reinterpret_cast<const char*>(whole.data()), size});
    // More frames than any message of ours has.
    for (int i = 0; i < 200; ++i)
      stranger.send("part", i < 199);
    // More than a socket takes: it cuts this connection.
    stranger.send(std::string(static_cast<std::size_t>(wire::frame_bytes_max) + 1, 'x'));
  }
  CHECK(eventually([&] { return rubbish(cluster) > 600; }));
  CHECK(worker.goes_on());
  CHECK_FALSE(worker.wrong());
}

TEST_CASE("bytes that aren't ZeroMQ's cost their connection, and a program works on", "[wire]") {
  const Cluster cluster(1);
  Worker worker;
  REQUIRE(worker.goes_on());
  const Endpoints endpoints(cluster);
  std::mt19937 random(6);
  std::vector<wire::Descriptor> connections;
  for (int i = 0; i < 100; ++i) {
    connections.push_back(raw_connection(endpoints.all[random() % 3]));
    const std::string bytes = random_bytes(random, 4000);
    // Half of them say nothing at all, for as long as they live.
    if (i % 2 == 0) ::send(connections.back().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  CHECK(worker.goes_on());
  CHECK_FALSE(worker.wrong());
}

TEST_CASE("an observer that submits, and an engine that nobody has started, are shown the door",
          "[wire]") {
  const Cluster cluster(1);
  Worker worker;
  REQUIRE(worker.goes_on());
  zmq::context_t context;
  const Endpoints endpoints(cluster);

  Stranger engine(context, endpoints.file.control_endpoint);
  engine.send(hello(endpoints.file, wire::Role::engine));
  engine.hear(wire::Kind::goodbye);

  Stranger observer(context, endpoints.file.control_endpoint);
  observer.send(hello(endpoints.file, wire::Role::observer));
  const std::uint64_t link = observer.hear(wire::Kind::welcome).link;
  observer.send(message_of(wire::Kind::submit, link, 1));
  CHECK(observer.hear(wire::Kind::stale).link == 0);

  wire::ConnectionFile other = endpoints.file;
  other.uuid = wire::Uuid::random();
  Stranger lost(context, endpoints.file.control_endpoint);
  lost.send(hello(other, wire::Role::client));
  lost.hear(wire::Kind::goodbye);

  CHECK(worker.goes_on());
  CHECK_FALSE(worker.wrong());
}

TEST_CASE("a link's messages said again, or by somebody else, are applied once, or not at all",
          "[wire]") {
  const Cluster cluster(1);
  Worker worker;
  REQUIRE(worker.goes_on());
  zmq::context_t context;
  const Endpoints endpoints(cluster);
  Stranger observer(context, endpoints.file.control_endpoint);
  observer.send(hello(endpoints.file, wire::Role::observer));
  const std::uint64_t link = observer.hear(wire::Kind::welcome).link;
  const Buffer question = message_of(wire::Kind::status_request, link, 1);
  const auto before = cluster.status().at("links").at("duplicates").get<std::uint64_t>();
  for (int i = 0; i < 10; ++i)
    observer.send(question);
  observer.hear(wire::Kind::status);
  CHECK(eventually([&] {
    return cluster.status().at("links").at("duplicates").get<std::uint64_t>() >= before + 9;
  }));

  // Whoever guesses a link's name speaks from another connection: the link's own peer greets anew.
  Stranger thief(context, endpoints.file.control_endpoint);
  thief.send(message_of(wire::Kind::status_request, link, 2));
  thief.hear(wire::Kind::stale);

  CHECK(worker.goes_on());
  CHECK_FALSE(worker.wrong());
}
