// The engine's session by lists of events: links (rule 1), cancels (rule 15), reports (rule 19).

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/session.hpp"
#include "protocol/limits.hpp"
#include "tests/unit/body_bytes.hpp"
#include "tests/unit/engine_conversation.hpp"

namespace muster::engine {
namespace {

using namespace std::chrono_literals;
using wire::CancelAnswer;
using wire::FakeController;
using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

struct Conversation : EngineConversation {
  wire::OutgoingStreamPtr dispatch_large(std::uint64_t counter, std::uint64_t attempt,
                                         std::size_t bytes) {
    return controller.task.append_streaming(Header{.kind = Kind::dispatch,
                                                   .attempt = attempt,
                                                   .session = 4,
                                                   .counter = counter,
                                                   .code = 6},
                                            {}, wire::make_large_body(wire::body_of(bytes)));
  }
  std::vector<CancelAnswer> answers() const {
    std::vector<CancelAnswer> answers;
    for (const wire::Heard& record : controller.heard_of(Kind::answer))
      answers.push_back(static_cast<CancelAnswer>(record.flags));
    return answers;
  }
  /// A second passes: the engine's heartbeat and its answer.
  void beat() {
    now += 1s;
    engine.tick(now);
    exchange();
    controller.control.append(Header{.kind = Kind::heartbeat}, {},
                              wire::pack(wire::Heartbeat{}).bytes());
    exchange(true);
  }
};

using Answers = std::vector<CancelAnswer>;

}  // namespace

TEST_CASE("an engine says hello, attaches, and says that it holds nothing") {
  Conversation talk;
  CHECK(talk.controller.hellos == 1);
  CHECK(talk.controller.heard_kinds() == std::vector<Kind>{Kind::attach, Kind::inventory});
}

TEST_CASE("tasks start in the order of their dispatch, and outcomes name their attempt") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.dispatch(2, 12);
  talk.exchange();
  CHECK(talk.engine.queued() == 2);
  CHECK(talk.engine.start_next(talk.now)->counter == 1);
  talk.finish();
  CHECK(talk.engine.start_next(talk.now)->counter == 2);
  talk.finish();
  CHECK_FALSE(talk.engine.start_next(talk.now));
  talk.exchange();
  const auto outcomes = talk.controller.heard_of(Kind::outcome);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].attempt == 11);
  CHECK(outcomes[1].attempt == 12);
}

TEST_CASE("rule 1: on a new link come lost outcomes first, then what the engine holds") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.dispatch(2, 12);
  talk.dispatch(3, 13);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.finish();
  talk.controller.deaf = true;
  talk.exchange();  // the outcome is lost
  talk.engine.start_next(talk.now);
  talk.controller.deaf = false;
  talk.now += 6s;  // silence: the engine gives the link up
  talk.engine.tick(talk.now);
  talk.controller.heard.clear();
  talk.open(2);
  CHECK(talk.controller.heard_kinds() == std::vector<Kind>{Kind::attach, Kind::declare_session,
                                                           Kind::declare_session, Kind::outcome,
                                                           Kind::inventory});
  CHECK(talk.controller.heard_of(Kind::outcome)[0].attempt == 11);
  const auto last = talk.controller.heard_of(Kind::inventory).back();
  CHECK(last.attempt == 2);  // names the link
  CHECK(last.flags == 1);
  const auto inventory = wire::unpack<wire::Inventory>(wire::bytes_of(last.body));
  REQUIRE(inventory);
  CHECK(inventory->first == std::vector<std::uint64_t>{2, 3});
  CHECK(inventory->attempts == std::vector<std::uint64_t>{12, 13});
}

TEST_CASE("rule 15: a cancelled task that waits is returned and never starts") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.order_cancel(1, 11, 1);
  talk.exchange();
  REQUIRE(talk.controller.heard_of(Kind::returned).size() == 1);
  CHECK(talk.controller.heard_of(Kind::returned)[0].attempt == 11);
  CHECK_FALSE(talk.engine.start_next(talk.now));
}

TEST_CASE("rule 15: a cancelled task that runs is asked to stop, once") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.order_cancel(1, 11, 1);
  talk.exchange();
  CHECK(talk.answers() == Answers{CancelAnswer::running});
  CHECK(talk.engine.take_stop_wish());
  CHECK_FALSE(talk.engine.take_stop_wish());
}

TEST_CASE("rule 15: an order that names another attempt stops nothing") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.dispatch(2, 12);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.order_cancel(1, 10, 1);
  talk.order_cancel(2, 10, 1);
  talk.exchange();
  CHECK(talk.answers() == Answers{CancelAnswer::finished, CancelAnswer::finished});
  CHECK_FALSE(talk.engine.take_stop_wish());
  CHECK(talk.engine.queued() == 1);
}

TEST_CASE("rule 15: an order that overtakes its dispatch is remembered") {
  Conversation talk;
  talk.dispatch(1, 11);
  const std::uint64_t sequence = talk.controller.task.sent() + 1;
  auto late = FakeController::frames(talk.controller.task);
  talk.order_cancel(1, 11, sequence);
  talk.exchange();
  CHECK(talk.answers().empty());
  for (const wire::Frame& frame : late)
    talk.engine.receive_task(frame.records.bytes(), frame.chunk, talk.now);
  CHECK_FALSE(talk.engine.start_next(talk.now));
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::returned).size() == 1);
}

TEST_CASE("a recall gives back what hasn't started, newest first, and says when that was all") {
  Conversation talk;
  for (std::uint64_t task = 1; task <= 4; ++task)
    talk.dispatch(task, 10 + task);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.controller.heard.clear();
  talk.order_recall({14, 13, 11}, 1);  // the last one has started
  talk.exchange();
  talk.exchange();
  CHECK(talk.controller.heard_kinds() ==
        std::vector<Kind>{Kind::declare_session, Kind::returned, Kind::returned, Kind::recalled});
  CHECK(talk.controller.heard[1].attempt == 14);
  CHECK(talk.controller.heard[2].attempt == 13);
  talk.finish();
  CHECK(talk.engine.start_next(talk.now)->counter == 2);
  talk.finish();
  CHECK_FALSE(talk.engine.start_next(talk.now));
}

TEST_CASE("a recall that overtakes its dispatches is remembered, and one of a lost link isn't") {
  Conversation talk;
  talk.dispatch(1, 11);
  const std::uint64_t sequence = talk.controller.task.sent() + 1;
  auto late = FakeController::frames(talk.controller.task);
  talk.order_recall({11}, sequence);
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::recalled).empty());
  for (const wire::Frame& frame : late)
    talk.engine.receive_task(frame.records.bytes(), frame.chunk, talk.now);
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::returned).size() == 1);
  CHECK(talk.controller.heard_of(Kind::recalled).size() == 1);
  CHECK_FALSE(talk.engine.start_next(talk.now));

  talk.order_recall({12}, talk.controller.task.sent() + 5);
  talk.exchange();
  talk.engine.receive_control({}, talk.now);
  talk.controller.heard.clear();
  talk.open(2);
  talk.dispatch(2, 12);
  talk.exchange();
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::recalled).empty());
}

TEST_CASE("the controller sets how long outcomes wait for company") {
  Conversation talk;
  for (std::uint64_t task = 1; task <= 4; ++task)
    talk.dispatch(task, 10 + task);
  talk.exchange();
  wire::Heartbeat pace;
  pace.outcomes_wait_ns = 1'000'000;
  talk.controller.control.append(Header{.kind = Kind::heartbeat}, {}, wire::pack(pace).bytes());
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.finish();
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.finish();
  CHECK_FALSE(talk.engine.flush_due(talk.now + 900us));
  CHECK(talk.engine.flush_due(talk.now + 1000us));
}

TEST_CASE("outcomes of tasks of middle length leave together while enough of them wait") {
  Conversation talk;
  for (std::uint64_t task = 1; task <= 20; ++task)
    talk.dispatch(task, 10 + task);
  talk.exchange();
  const auto run_one = [&] {
    talk.engine.start_next(talk.now);
    talk.now += 1ms;
    talk.finish();
  };
  talk.now += 10ms;
  run_one();
  CHECK(talk.engine.flush_due(talk.now));  // it is the first one for a while
  talk.exchange();
  for (int i = 0; i < 3; ++i) {
    run_one();
    CHECK_FALSE(talk.engine.flush_due(talk.now));
  }
  run_one();
  CHECK(talk.engine.flush_due(talk.now));  // another one would be too much
  talk.exchange();
  while (talk.engine.queued() >= 4) {
    run_one();
    talk.exchange();
  }
  run_one();
  CHECK(talk.engine.flush_due(talk.now));  // the next ones have to come in time
}

TEST_CASE("rule 15: a task that has ended answers finished, after its outcome") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.finish();
  talk.order_cancel(1, 11, 1);
  talk.controller.heard.clear();
  talk.exchange();
  CHECK(talk.controller.heard_kinds() ==
        std::vector<Kind>{Kind::declare_session, Kind::outcome, Kind::answer});
  CHECK(talk.answers() == Answers{CancelAnswer::finished});
}

TEST_CASE("rule 19: a task is reported once it has run ten milliseconds, and once only") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.now += 9ms;
  talk.engine.report_running(talk.now);
  talk.now += 1ms;
  talk.engine.report_running(talk.now);
  talk.engine.report_running(talk.now + 1s);
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::running).size() == 1);
}

TEST_CASE("rule 3: outcomes are kept until they are acknowledged") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.finish();
  talk.exchange();
  CHECK(talk.engine.peer_link().task().kept() > 0);
  talk.beat();
  CHECK(talk.engine.peer_link().task().kept() == 0);
}

TEST_CASE("rule 20: a task starts when its body is whole, and those behind it don't wait") {
  Conversation talk;
  const auto stream = talk.dispatch_large(1, 11, 6 * wire::chunk_bytes_max);
  talk.dispatch(2, 12);
  talk.exchange();
  CHECK(talk.engine.streaming());
  REQUIRE(talk.engine.start_next(talk.now)->counter == 2);
  talk.finish();
  CHECK_FALSE(talk.engine.start_next(talk.now));
  talk.exchange();  // what was acknowledged makes room for the rest
  const auto job = talk.engine.start_next(talk.now);
  REQUIRE(job);
  CHECK(job->counter == 1);
  CHECK(job->attempt == 11);
  CHECK(job->fault == nullptr);
  CHECK(job->arguments.size() == 6 * wire::chunk_bytes_max);
  CHECK_FALSE(talk.engine.streaming());
}

TEST_CASE("rule 15: a cancelled task whose body is on its way is returned") {
  Conversation talk;
  auto stream = talk.dispatch_large(1, 11, 6 * wire::chunk_bytes_max);
  talk.exchange();
  talk.order_cancel(1, 11, 1);
  talk.exchange();
  REQUIRE(talk.controller.heard_of(Kind::returned).size() == 1);
  stream.reset();
  talk.exchange();
  talk.exchange();
  CHECK_FALSE(talk.engine.start_next(talk.now));
  CHECK_FALSE(talk.engine.streaming());
  CHECK(talk.controller.hellos == 1);
}

TEST_CASE("rule 21: a body that isn't whole when its link ends is forgotten") {
  Conversation talk;
  const auto stream = talk.dispatch_large(1, 11, 6 * wire::chunk_bytes_max);
  talk.exchange();
  talk.now += 6s;
  talk.engine.tick(talk.now);
  talk.controller.heard.clear();
  talk.open(2);
  const auto held = wire::unpack<wire::Inventory>(
      wire::bytes_of(talk.controller.heard_of(Kind::inventory).back().body));
  REQUIRE(held);
  CHECK(held->first.empty());
  CHECK_FALSE(talk.engine.start_next(talk.now));
}

TEST_CASE("rule 21: an outcome that the controller hasn't in whole is sent again on a new link") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.engine.start_next(talk.now);
  talk.engine.finish_large(OutcomeKind::value, wire::body_of(6 * wire::chunk_bytes_max), talk.now);
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::chunk).size() == 4);
  talk.now += 6s;
  talk.engine.tick(talk.now);
  talk.controller.heard.clear();
  talk.open(2);
  talk.exchange(true);
  talk.exchange(true);
  CHECK(talk.controller.heard_kinds() ==
        std::vector<Kind>{Kind::attach, Kind::declare_session, Kind::declare_session, Kind::outcome,
                          Kind::inventory, Kind::chunk, Kind::chunk, Kind::chunk, Kind::chunk,
                          Kind::chunk, Kind::chunk});
  talk.exchange(true);
  CHECK(talk.engine.peer_link().task().kept_bytes() < wire::inline_body_max);
}

TEST_CASE("rule 27: an engine whose outcomes aren't taken starts nothing more") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.dispatch(2, 12);
  talk.dispatch(3, 13);
  talk.dispatch(4, 14);
  talk.exchange();
  const auto finish_large = [&] {
    detail::Buffer body;
    body.extend(wire::kept_outcomes_max);
    talk.engine.finish_large(OutcomeKind::value, std::move(body), talk.now);
  };
  REQUIRE(talk.engine.start_next(talk.now));
  finish_large();
  // One large outcome is passed by what comes after it.
  REQUIRE(talk.engine.start_next(talk.now));
  talk.finish();
  REQUIRE(talk.engine.start_next(talk.now));
  finish_large();
  CHECK(talk.engine.queued() == 1);
  CHECK_FALSE(talk.engine.start_next(talk.now));
  CHECK(talk.engine.flush_due(talk.now));
  for (std::size_t i = 0; i < 3 * wire::kept_outcomes_max / wire::stream_window_bytes; ++i)
    talk.exchange(true);
  CHECK(talk.engine.start_next(talk.now)->counter == 4);
}

TEST_CASE("a link that is idle or runs one long task stays open") {
  Conversation talk;
  talk.dispatch(1, 11);
  talk.exchange();
  talk.engine.start_next(talk.now);
  for (int second = 0; second < 30; ++second)
    talk.beat();
  CHECK(talk.controller.hellos == 1);
}

TEST_CASE("rule 5: goodbye ends the engine, and a stale answer about an older link doesn't") {
  Conversation talk;
  const auto outside = [&](Kind kind, std::uint64_t link) {
    detail::Buffer frame = wire::begin_message();
    wire::append_record(frame, Header{.kind = kind, .attempt = link}, {},
                        wire::bytes_of(std::string("because")));
    wire::seal_message(frame, {});
    talk.engine.receive_control(frame.bytes(), talk.now);
    talk.exchange();
  };
  outside(Kind::stale, 77);
  CHECK(talk.controller.hellos == 1);
  outside(Kind::stale, 1);
  CHECK(talk.controller.hellos == 2);
  outside(Kind::stale, 1);  // said twice; hello is under way
  CHECK(talk.controller.hellos == 2);
  outside(Kind::goodbye, 0);
  CHECK(talk.engine.over());
  CHECK(talk.engine.farewell() == "because");
}

}  // namespace muster::engine
