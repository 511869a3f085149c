// The client's session by lists of events: what is said again (rules 1, 16 and 22), the watermark
// (rule 10), and that every task settles once.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "client/loaded_module.hpp"
#include "client/session.hpp"
#include "protocol/limits.hpp"
#include "protocol/module_image.hpp"
#include "protocol/outcome_times.hpp"
#include "tests/unit/body_bytes.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster::client {
namespace {

using namespace std::chrono_literals;
using wire::FakeController;
using wire::Header;
using wire::Kind;
using wire::OutcomeKind;
using Counters = std::vector<std::uint64_t>;

struct Conversation {
  Instant now = Instant{} + 1h;
  FakeController controller;
  Session client{{}, now};

  Conversation() { open(1, false); }

  void open(std::uint64_t link, bool known) {
    exchange();
    wire::Welcome answer;
    answer.known = known;
    client.receive_control(controller.welcome(link, answer).bytes(), now);
    exchange();
  }
  void exchange() {
    for (const wire::Frame& frame : FakeController::frames(controller.control))
      client.receive_control(frame.records.bytes(), now);
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      client.receive_task(frame.records.bytes(), frame.chunk, now);
    client.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); });
  }
  std::shared_ptr<Pending> submit(std::size_t bytes = 0) {
    auto pending = std::make_shared<Pending>();
    client.submit(0, "entry", {}, wire::body_of(bytes), pending, now);
    return pending;
  }
  void outcome(std::uint64_t counter, OutcomeKind kind = OutcomeKind::value) {
    controller.task.append(Header{
        .kind = Kind::outcome, .flags = static_cast<std::uint8_t>(kind), .counter = counter});
  }
  /// What the controller holds, on the current link.
  void inventory(Counters counters) {
    wire::Inventory holds;
    holds.count.assign(counters.size(), 1);
    holds.first = std::move(counters);
    const detail::Buffer body = wire::pack(holds);
    controller.task.append(
        Header{.kind = Kind::inventory, .flags = 1, .attempt = controller.task.link()}, {},
        body.bytes());
  }
  Counters said(Kind kind) const {
    Counters counters;
    for (const wire::Heard& record : controller.heard_of(kind))
      counters.push_back(record.counter);
    return counters;
  }
};

}  // namespace

TEST_CASE("a client that asks which engines there are asks once on each link") {
  Conversation talk;
  talk.client.ask_for_engine_ids();
  talk.client.ask_for_engine_ids();
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::roster).size() == 1);
  CHECK_FALSE(talk.client.knows_engine_ids());
  const std::uint64_t news = talk.client.news();
  const detail::Buffer body = wire::pack(wire::Roster{{0, 1, 5}});
  talk.controller.control.append(Header{.kind = Kind::roster}, {}, body.bytes());
  talk.exchange();
  CHECK(talk.client.knows_engine_ids());
  CHECK(talk.client.engine_ids() == std::vector<std::uint32_t>{0, 1, 5});
  CHECK(talk.client.news() > news);  // who waits for them looks again

  talk.client.restart(talk.now);
  talk.open(2, true);
  CHECK(talk.controller.heard_of(Kind::roster).size() == 2);
  CHECK(talk.client.engine_ids().size() == 3);
}

TEST_CASE("a client declares its code once and submits in order") {
  Conversation talk;
  talk.submit();
  talk.submit();
  talk.exchange();
  CHECK(talk.controller.heard_kinds() ==
        std::vector<Kind>{Kind::attach, Kind::declare_code, Kind::submit, Kind::submit});
  CHECK(talk.said(Kind::submit) == Counters{1, 2});
}

TEST_CASE("a task module is declared once on each link, in front of the code that is in it") {
  Conversation talk;
  const detail::ModulePtr module = detail::LoadedModule::open("/proc/self/exe");
  talk.client.add_module(module);
  talk.client.name_module(3, raw(module->digest()));
  talk.client.name_module(4, raw(module->digest()));
  for (const std::uint32_t code : {3, 4, 0})
    talk.client.submit(code, "entry", {}, {}, std::make_shared<Pending>(), talk.now);
  talk.exchange();
  const std::vector<Kind> said{Kind::declare_image, Kind::declare_code, Kind::submit,
                               Kind::declare_code,  Kind::submit,       Kind::declare_code,
                               Kind::submit};
  std::vector<Kind> expected = said;
  expected.insert(expected.begin(), Kind::attach);
  CHECK(talk.controller.heard_kinds() == expected);
  const auto declared = talk.controller.heard_of(Kind::declare_code);
  REQUIRE(declared.size() == 3);

  talk.client.restart(talk.now);
  talk.open(2, false);
  CHECK(talk.controller.heard_of(Kind::declare_image).size() == 2);
  CHECK(talk.controller.heard_of(Kind::declare_code).size() == 6);
}

TEST_CASE("a task settles once, and a second outcome is dropped") {
  Conversation talk;
  const auto pending = talk.submit();
  talk.exchange();
  talk.outcome(1, OutcomeKind::cancelled);
  talk.outcome(1, OutcomeKind::value);
  talk.outcome(9);
  talk.exchange();
  CHECK(pending->is_settled());
  CHECK(pending->kind == OutcomeKind::cancelled);
  CHECK(talk.client.duplicates_dropped() == 2);
  CHECK(talk.client.open() == 0);
}

TEST_CASE("how long a task ran is its engine's word, whatever the clocks say of when") {
  Conversation talk;
  const auto pending = talk.submit();
  talk.exchange();
  const wire::EncodedTimes times = wire::encode(
      wire::OutcomeTimes{.started_ns = wire::nanoseconds_of(talk.now + 1min), .run_ns = 70'000});
  talk.controller.task.append(Header{.kind = Kind::outcome, .counter = 1}, times, {});
  talk.exchange();
  CHECK(pending->run == 70us);
  CHECK(pending->started == talk.now);
  CHECK(pending->completed == talk.now);
}

TEST_CASE("rule 30: a task that is said again says how old it is, so that its limits go on") {
  Conversation talk;
  const detail::Buffer options = wire::pack(wire::TaskOptions{.queue_ns = 5, .total_ns = 7});
  talk.client.submit(0, "entry", detail::Buffer::copy_of(options.bytes()), {},
                     std::make_shared<Pending>(), talk.now);
  talk.now += 3s;
  talk.client.restart(talk.now);
  talk.open(2, true);
  talk.inventory({});
  talk.exchange();
  const auto said = talk.controller.heard_of(Kind::submit);
  REQUIRE(said.size() == 1);
  const auto again = wire::unpack<wire::TaskOptions>(wire::bytes_of(said[0].options));
  REQUIRE(again);
  CHECK(again->queue_ns == 5);
  CHECK(again->total_ns == 7);
  CHECK(std::chrono::nanoseconds(said[0].attempt) == 3s);
}

TEST_CASE("rule 9: a task that follows another says that to the next controller, until it asks") {
  Conversation talk;
  const std::shared_ptr<Pending> task = talk.submit();
  talk.exchange();
  const wire::StandIn original{0x01020304, 17, wire::StandIn::result};
  talk.controller.task.append(Header{.kind = Kind::follows, .counter = 1},
                              wire::pack(original).bytes(), {});
  talk.exchange();
  CHECK(task->original() == TaskId{0x01020304, 17});
  talk.client.restart(talk.now);
  talk.open(2, false);
  const auto said = talk.controller.heard_of(Kind::stand_in);
  REQUIRE(said.size() == 1);
  CHECK(said[0].counter == 1);
  CHECK(said[0].flags == wire::said_before);
  const auto wanted = wire::unpack<wire::StandIn>(wire::bytes_of(said[0].options));
  REQUIRE(wanted);
  CHECK(wanted->counter == 17);
  CHECK(wanted->what == wire::StandIn::followed);
  CHECK(talk.controller.heard_of(Kind::submit).size() == 1);
  // This one doesn't know that task.
  talk.controller.task.append(Header{.kind = Kind::again, .counter = 1});
  talk.exchange();
  talk.exchange();
  CHECK(task->original() == std::nullopt);
  const auto submitted = talk.controller.heard_of(Kind::submit);
  REQUIRE(submitted.size() == 2);
  CHECK(submitted[1].flags == (wire::said_before | wire::never_held));
  // From now on an engine may have it.
  talk.client.restart(talk.now);
  talk.open(3, false);
  CHECK(talk.controller.heard_of(Kind::submit).back().flags == wire::said_before);
}

TEST_CASE("rule 10: every message carries the lowest counter whose outcome is lacking") {
  Conversation talk;
  for (int i = 0; i < 3; ++i)
    talk.submit();
  talk.exchange();
  const auto watermark = [&] {
    talk.controller.heard.clear();
    talk.submit();
    talk.exchange();
    return talk.controller.heard.back().watermark;
  };
  talk.outcome(2);
  talk.exchange();
  CHECK(watermark() == 1);
  talk.outcome(1);
  talk.exchange();
  CHECK(watermark() == 3);
}

TEST_CASE("rule 1: on a new link only what the controller doesn't hold is said again") {
  Conversation talk;
  for (int i = 0; i < 4; ++i)
    talk.submit();
  talk.exchange();
  talk.outcome(2);
  talk.exchange();
  talk.client.restart(talk.now += 1s);
  talk.controller.heard.clear();
  talk.open(2, true);
  CHECK(talk.said(Kind::submit).empty());  // the list hasn't come yet
  talk.inventory({3});
  talk.exchange();
  CHECK(talk.controller.heard_kinds() == std::vector<Kind>{Kind::attach, Kind::declare_code,
                                                           Kind::submit, Kind::submit,
                                                           Kind::inventory});
  CHECK(talk.said(Kind::submit) == Counters{1, 4});
}

TEST_CASE("rule 16: the wish to cancel is repeated with a task that is said again") {
  Conversation talk;
  talk.submit();
  talk.submit();
  talk.client.cancel(2);
  talk.exchange();
  CHECK(talk.said(Kind::cancel) == Counters{2});
  for (const bool known : {true, false}) {
    talk.client.restart(talk.now += 1s);
    talk.controller.heard.clear();
    talk.open(known ? 2 : 3, known);
    if (known) talk.inventory({1, 2});
    talk.exchange();
    CHECK(talk.said(Kind::submit) == (known ? Counters{} : Counters{1, 2}));
    CHECK(talk.said(Kind::cancel) == Counters{2});
  }
}

TEST_CASE("what is submitted while no link is open travels once, on the next link") {
  Conversation talk;
  talk.submit();
  talk.exchange();
  talk.client.restart(talk.now += 1s);
  talk.submit();
  talk.client.cancel(2);
  talk.controller.heard.clear();
  talk.open(2, true);
  talk.inventory({1});
  talk.exchange();
  CHECK(talk.controller.heard_kinds() == std::vector<Kind>{Kind::attach, Kind::declare_code,
                                                           Kind::submit, Kind::cancel,
                                                           Kind::inventory});
  CHECK(talk.said(Kind::submit) == Counters{2});
}

TEST_CASE("an inventory of an older link is old news") {
  Conversation talk;
  talk.submit();
  talk.exchange();
  talk.client.restart(talk.now += 1s);
  talk.open(2, true);
  talk.controller.heard.clear();
  const detail::Buffer body = wire::pack(wire::Inventory{});
  talk.controller.task.append(Header{.kind = Kind::inventory, .flags = 1, .attempt = 1}, {},
                              body.bytes());
  talk.exchange();
  CHECK(talk.said(Kind::submit).empty());
}

TEST_CASE("rule 24: credit is a limit on the session's total, and it never falls") {
  Conversation talk;
  CHECK(talk.client.has_credit());
  for (int i = 1; i < 1000; ++i)
    talk.submit();
  CHECK_FALSE(talk.client.has_credit());
  const auto grant = [&](std::uint64_t counter) {
    talk.controller.task.append(Header{.kind = Kind::credit}, {},
                                wire::pack(wire::Credit{counter}).bytes());
    talk.exchange();
  };
  grant(1001);
  CHECK(talk.client.has_credit());
  grant(5);
  CHECK(talk.client.has_credit());
}

TEST_CASE("an idle client keeps its link") {
  Conversation talk;
  const auto pending = talk.submit();
  talk.exchange();
  talk.outcome(1);
  talk.exchange();
  for (int second = 0; second < 30; ++second) {
    talk.client.tick(talk.now += 1s);
    talk.exchange();
    talk.controller.control.append(Header{.kind = Kind::heartbeat}, {},
                                   wire::pack(wire::Heartbeat{}).bytes());
    talk.exchange();
  }
  CHECK(talk.controller.hellos == 1);
}

TEST_CASE("rule 29: when the connection is lost every open task says so") {
  Conversation talk;
  const auto first = talk.submit();
  const auto second = talk.submit();
  talk.exchange();
  talk.outcome(1);
  talk.exchange();
  talk.client.lose_all("the controller is gone", talk.now);
  CHECK(first->state == Pending::State::settled);
  CHECK(second->state == Pending::State::lost);
  CHECK(wire::text_of(second->body.bytes()) == "the controller is gone");
  CHECK(talk.client.open() == 0);
}

TEST_CASE("rule 22: arguments that stream are sent again, from zero, on a new link") {
  Conversation talk;
  const auto pending = talk.submit(6 * wire::chunk_bytes_max);
  talk.submit();
  talk.exchange();
  // The small task doesn't wait for the large body.
  CHECK(talk.controller.heard_kinds() == std::vector<Kind>{Kind::attach, Kind::declare_code,
                                                           Kind::submit, Kind::submit, Kind::chunk,
                                                           Kind::chunk, Kind::chunk, Kind::chunk});
  talk.client.restart(talk.now);
  talk.controller.heard.clear();
  talk.open(2, true);
  talk.inventory({2});
  talk.exchange();
  CHECK(talk.said(Kind::submit) == Counters{1});
  REQUIRE(talk.controller.heard_of(Kind::chunk).size() == 4);
  CHECK(talk.controller.heard_of(Kind::chunk)[0].attempt == 0);
}

TEST_CASE("a task that has settled sends the rest of its arguments no more") {
  Conversation talk;
  const auto pending = talk.submit(6 * wire::chunk_bytes_max);
  talk.exchange();
  talk.outcome(1, OutcomeKind::cancelled);
  talk.controller.heard.clear();
  talk.exchange();
  CHECK(pending->is_settled());
  const auto chunks = talk.controller.heard_of(Kind::chunk);
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].flags == wire::chunk_abandons);
}

TEST_CASE("rule 21: an outcome that streams settles its task when it is whole") {
  Conversation talk;
  const auto pending = talk.submit();
  talk.exchange();
  const auto stream = talk.controller.task.append_streaming(
      Header{.kind = Kind::outcome, .starts = 3, .counter = 1}, {},
      wire::make_large_body(wire::body_of(6 * wire::chunk_bytes_max)));
  talk.exchange();
  CHECK_FALSE(pending->is_settled());
  talk.exchange();
  CHECK(pending->is_settled());
  CHECK(pending->kind == OutcomeKind::value);
  CHECK(pending->starts == 3);
  CHECK(pending->body.size() == 6 * wire::chunk_bytes_max);
}

TEST_CASE("a cancel that comes while the result is on its way has come too late") {
  Conversation talk;
  const auto pending = talk.submit();
  talk.exchange();
  const auto stream = talk.controller.task.append_streaming(
      Header{.kind = Kind::outcome, .counter = 1}, {},
      wire::make_large_body(wire::body_of(6 * wire::chunk_bytes_max)));
  talk.client.cancel(1);
  talk.controller.task.append(
      Header{.kind = Kind::answer,
             .flags = static_cast<std::uint8_t>(wire::CancelAnswer::finished),
             .counter = 1});
  talk.exchange();
  REQUIRE_FALSE(pending->is_settled());
  CHECK(pending->met_by_cancel() == CancelOutcome::finished);
  talk.exchange();
  CHECK(pending->kind == OutcomeKind::value);
  CHECK(pending->met_by_cancel() == CancelOutcome::finished);
}

TEST_CASE("a task whose outcome is being sent again isn't submitted again") {
  Conversation talk;
  const auto pending = talk.submit();
  talk.exchange();
  talk.client.restart(talk.now);
  talk.controller.heard.clear();
  talk.open(2, true);
  const auto stream =
      talk.controller.task.append_streaming(Header{.kind = Kind::outcome, .counter = 1}, {},
                                            wire::make_large_body(wire::body_of(1 << 20)));
  talk.inventory({});
  talk.exchange();
  CHECK(talk.said(Kind::submit).empty());
  CHECK(pending->is_settled());
}

TEST_CASE("what a large body takes is given back when its task settles") {
  Conversation talk;
  talk.submit(wire::session_bytes_max);
  CHECK_FALSE(talk.client.has_room());
  talk.outcome(1);
  talk.exchange();
  CHECK(talk.client.open_bytes() == 0);
  CHECK(talk.client.has_room());
}

}  // namespace muster::client
