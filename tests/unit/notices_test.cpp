// What a client says of waits that take long, by lists of events.

#include "client/notices.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/fake_controller.hpp"

namespace muster::client {
namespace {

using namespace std::chrono_literals;
using wire::FakeController;
using wire::Header;
using wire::Kind;

/// A client that keeps 1,000 bytes of submissions and may have 999 tasks open.
struct Talk {
  Instant now = Instant{} + 1h;
  FakeController controller;
  Session client;
  Notices notices{now};

  explicit Talk(bool answered = true) : client(config(), now) {
    exchange();
    if (!answered) return;
    client.receive_control(controller.welcome(1).bytes(), now);
    exchange();
  }
  static Session::Config config() {
    Session::Config config;
    config.open_bytes_max = 1000;
    return config;
  }
  void exchange() {
    for (const wire::Frame& frame : FakeController::frames(controller.control))
      client.receive_control(frame.records.bytes(), now);
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      client.receive_task(frame.records.bytes(), frame.chunk, now);
    client.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); });
  }
  void submit(std::size_t bytes = 0) {
    detail::Buffer arguments;
    arguments.extend(bytes);
    client.submit(0, "entry", {}, std::move(arguments), std::make_shared<Pending>(), now);
    exchange();
  }
  void end(std::uint64_t counter) {
    controller.task.append(Header{.kind = Kind::outcome, .counter = counter});
    exchange();
  }
  void hear_reason(const std::string& reason) {
    wire::Heartbeat beat;
    beat.waiting = client.open();
    beat.reason = reason;
    controller.control.append(Header{.kind = Kind::heartbeat}, {}, wire::pack(beat).bytes());
    for (const wire::Frame& frame : FakeController::frames(controller.task, true))
      client.receive_task(frame.records.bytes(), frame.chunk, now);
    exchange();
  }
  /// What is said at looks each second, one after the other; the controller beats or is silent.
  std::string said_within(std::chrono::seconds time, const char* reason) {
    std::string said;
    for (std::chrono::seconds passed{}; passed < time; passed += 1s) {
      now += 1s;
      if (reason != nullptr) hear_reason(reason);
      if (now >= client.deadline()) client.tick(now);
      exchange();
      const std::string line = notices.look(client, now);
      if (!line.empty()) said += line + "\n";
    }
    return said;
  }
};

}  // namespace

TEST_CASE("tasks that wait for engines are spoken of once, after five seconds") {
  Talk talk;
  talk.submit();
  CHECK(talk.said_within(4s, "no engines").empty());
  CHECK_THAT(talk.said_within(20s, "no engines"),
             Catch::Equals("1 task has waited for 5 s: the cluster has no engines (add some with: "
                           "muster engines -n 2)\n"));
}

TEST_CASE("tasks that wait for the engines that they are addressed to are told so") {
  Talk talk;
  talk.submit();
  CHECK_THAT(talk.said_within(8s, "target"),
             Catch::Equals("1 task has waited for 5 s: the engines that they are for are busy or "
                           "away (see: muster status)\n"));
}

TEST_CASE("tasks that need what no engine has are told how to add one that does") {
  Talk talk;
  talk.submit();
  CHECK_THAT(talk.said_within(8s, "needs bigmem,gpu=2"),
             Catch::Equals("1 task has waited for 5 s: no engine has what they need, bigmem,gpu=2 "
                           "(add some with: muster engines --resources bigmem,gpu=2)\n"));
}

TEST_CASE("tasks that wait for an engine which doesn't answer are told so") {
  Talk talk;
  talk.submit();
  CHECK_THAT(talk.said_within(8s, "silent"),
             Catch::Equals("1 task has waited for 5 s: no engine answers; one that stays silent is "
                           "given up after 15 s, and its tasks run elsewhere (see: muster "
                           "status)\n"));
}

TEST_CASE("tasks that wait again are spoken of again") {
  Talk talk;
  talk.submit();
  talk.submit();
  CHECK_THAT(talk.said_within(8s, "image"), Catch::StartsWith("2 tasks have waited for 5 s: "));
  talk.end(1);
  CHECK_THAT(talk.said_within(8s, "image"), Catch::StartsWith("1 task has waited for 5 s: "));
}

TEST_CASE("tasks of which the controller loses sight for a moment aren't spoken of twice") {
  Talk talk;
  talk.submit();
  CHECK_FALSE(talk.said_within(8s, "no engines").empty());
  CHECK(talk.said_within(2s, "").empty());
  CHECK(talk.said_within(20s, "no engines").empty());
  CHECK(talk.said_within(6s, "").empty());  // it runs
  CHECK_FALSE(talk.said_within(8s, "no engines").empty());
}

TEST_CASE("a client whose tasks wait for its own results is told so") {
  Talk talk;
  talk.submit();
  CHECK_THAT(talk.said_within(8s, "results"), Catch::Contains("results aren't taken"));
}

TEST_CASE("a client that waits for nothing says nothing, whoever is silent") {
  Talk talk;
  CHECK(talk.said_within(30s, nullptr).empty());
}

TEST_CASE("a controller that falls silent is spoken of every five seconds, and given up") {
  Talk talk;
  talk.submit();
  const std::string said = talk.said_within(30s, nullptr);
  CHECK_THAT(said, Catch::StartsWith("the controller doesn't answer, and 1 task waits for it"));
  CHECK(std::count(said.begin(), said.end(), '\n') >= 3);
  CHECK_FALSE(talk.notices.gives_up(talk.now));
  talk.said_within(45s, nullptr);
  CHECK(talk.notices.gives_up(talk.now));
}

TEST_CASE("a submission that waits for credit is told how many tasks are open, once") {
  Talk talk;
  while (talk.client.has_room())
    talk.submit();
  CHECK_THAT(talk.notices.no_room(talk.client),
             Catch::Contains("999 tasks of this program have no outcome yet, as many as"));
  CHECK(talk.notices.no_room(talk.client).empty());
  talk.notices.had_room();
  CHECK_FALSE(talk.notices.no_room(talk.client).empty());
}

TEST_CASE("open submissions are bounded by bytes, too, but for a single one") {
  Talk talk;
  CHECK(talk.client.has_room());
  talk.submit(5000);
  CHECK_FALSE(talk.client.has_room());
  CHECK(talk.client.has_credit());
  talk.hear_reason("no engines");
  const std::string said = talk.notices.no_room(talk.client);
  CHECK_THAT(said, Catch::Contains("as much as a client keeps"));
  CHECK_THAT(said, Catch::Contains("the cluster has no engines"));
  talk.end(1);
  CHECK(talk.client.has_room());
  CHECK(talk.client.open_bytes() == 0);
  talk.submit(600);
  CHECK(talk.client.has_room());
  talk.submit(600);
  CHECK_FALSE(talk.client.has_room());
}

TEST_CASE("a submission before the controller has answered is told so") {
  Talk talk(false);
  CHECK_THAT(talk.notices.no_room(talk.client), Catch::Contains("the controller doesn't answer"));
}

}  // namespace muster::client
