// The run limit of what an engine executes (rule 19), by lists of events.

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/page.hpp"
#include "engine/session.hpp"
#include "protocol/time_limit.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster::engine {
namespace {

using namespace std::chrono_literals;
using wire::CancelAnswer;
using wire::FakeController;
using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

/// An engine that executes one task.
struct Execution {
  Instant now = Instant{} + 1h;
  FakeController controller;
  Session engine{{}, now};

  explicit Execution(std::chrono::nanoseconds run_limit, std::chrono::nanoseconds cancel = {}) {
    exchange();
    engine.receive_control(controller.welcome(1).bytes(), now);
    exchange();
    controller.task.append(Header{.kind = Kind::declare_session, .session = 4}, {},
                           wire::bytes_of(std::string(16, 's')));
    const detail::Buffer code = wire::pack(wire::Code{std::string(32, 'i'), "entry"});
    controller.task.append(Header{.kind = Kind::declare_code, .code = 6}, {}, code.bytes());
    dispatch(1, run_limit, cancel);
    exchange();
    engine.start_next(now);
  }
  void dispatch(std::uint64_t counter, std::chrono::nanoseconds run_limit,
                std::chrono::nanoseconds cancel = {}) {
    const detail::Buffer options =
        wire::pack(wire::TaskOptions{.run_ns = run_limit.count(), .cancel_ns = cancel.count()});
    controller.task.append(
        Header{.kind = Kind::dispatch, .attempt = 11, .session = 4, .counter = counter, .code = 6},
        options.bytes(), {});
  }
  void exchange() {
    for (const wire::Frame& frame : FakeController::frames(controller.control))
      engine.receive_control(frame.records.bytes(), now);
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      engine.receive_task(frame.records.bytes(), frame.chunk, now);
    engine.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); }, now);
  }
  /// Time passes, and the engine looks around when it said it would.
  void pass(std::chrono::nanoseconds time) {
    const Instant end = now + time;
    while (engine.deadline() <= end) {
      now = std::max(now, engine.deadline());
      engine.tick(now);
      if (engine.overdue(now)) break;
    }
    now = end;
  }
  wire::Heard outcome() {
    engine.finish(OutcomeKind::value, wire::bytes_of(std::string("value")), now);
    exchange();
    return controller.heard_of(Kind::outcome).back();
  }
};

}  // namespace

TEST_CASE("rule 19: a task is asked to stop at its run limit, once, and not before") {
  Execution task(30ms);
  task.pass(29ms);
  CHECK_FALSE(task.engine.take_stop_wish());
  task.pass(1ms);
  CHECK(task.engine.take_stop_wish());
  task.pass(500ms);
  CHECK_FALSE(task.engine.take_stop_wish());
}

TEST_CASE("rule 19: a task that doesn't stop is overdue when its grace is over") {
  Execution task(30ms);
  task.pass(30ms + wire::stop_grace - 1ms);
  CHECK_FALSE(task.engine.overdue(task.now));
  task.pass(1ms);
  CHECK(task.engine.overdue(task.now));
}

TEST_CASE("rule 15: a task that was cancelled and doesn't stop is overdue when its grace is over") {
  const std::chrono::nanoseconds none{};
  const std::vector<std::array<std::chrono::nanoseconds, 3>> cases{
      {none, none, cancel_grace}, {1h, none, cancel_grace}, {none, 90s, 90s}, {1h, 2ms, 2ms}};
  for (const auto& [run_limit, cancel, grace] : cases) {
    Execution task(run_limit, cancel);
    task.pass(30ms);
    const detail::Buffer order = wire::pack(wire::CancelOrder{std::string(16, 's'), 1});
    task.controller.control.append(Header{.kind = Kind::cancel, .attempt = 11, .counter = 1}, {},
                                   order.bytes());
    task.exchange();
    CHECK(task.engine.take_stop_wish());
    CHECK(task.engine.run_limit().cancelled());
    const Instant end = task.now + grace;
    CHECK(task.engine.run_limit().must_end_ns() == wire::nanoseconds_of(end));
    task.pass(grace - 1ms);
    CHECK_FALSE(task.engine.overdue(task.now));
    task.pass(1ms);
    CHECK(task.engine.overdue(task.now));
    // The next one begins anew.
    task.engine.finish(OutcomeKind::value, {}, task.now);
    CHECK_FALSE(task.engine.overdue(task.now));
    CHECK_FALSE(task.engine.run_limit().cancelled());
  }
}

TEST_CASE("the grace begins when the task is asked to stop, however late that is") {
  Execution task(30ms);
  task.now += 5s;  // the process was stopped
  task.engine.tick(task.now);
  CHECK_FALSE(task.engine.overdue(task.now));
  CHECK(task.engine.overdue(task.now + wire::stop_grace));
}

TEST_CASE("what a task returns in its grace is dropped: it has passed its run limit") {
  Execution task(1500us);
  task.pass(1500us);
  const wire::Heard outcome = task.outcome();
  CHECK(static_cast<OutcomeKind>(outcome.flags) == OutcomeKind::timed_out);
  const auto ending = wire::unpack<wire::Ending>(wire::bytes_of(outcome.body));
  REQUIRE(ending);
  CHECK(ending->limit == "run");
  CHECK(ending->limit_ns == 1'500'000);
  CHECK_THAT(ending->text, Catch::Contains("run limit of 1.5 ms"));
}

TEST_CASE("what a task returns within its run limit stands, and the next has a limit of its own") {
  Execution task(30ms);
  task.dispatch(2, 30ms);
  task.exchange();
  task.pass(29ms);
  CHECK(static_cast<OutcomeKind>(task.outcome().flags) == OutcomeKind::value);
  CHECK_FALSE(task.engine.overdue(task.now + 1h));
  task.engine.start_next(task.now);
  task.pass(29ms);
  CHECK_FALSE(task.engine.take_stop_wish());
  CHECK(static_cast<OutcomeKind>(task.outcome().flags) == OutcomeKind::value);
}

TEST_CASE("a task without a run limit, or with a wild one, is never asked to stop") {
  const std::chrono::nanoseconds limit = GENERATE(0ns, -1ns, std::chrono::nanoseconds::max());
  Execution task(limit);
  task.now += 1h;
  task.engine.tick(task.now);
  CHECK_FALSE(task.engine.take_stop_wish());
  CHECK_FALSE(task.engine.overdue(task.now));
  CHECK(task.engine.run_limit().must_end_ns() == 0);
}

TEST_CASE("a task that runs and is only asked back isn't told to stop") {
  Execution task(0ns);
  const detail::Buffer body = wire::pack(wire::CancelOrder{std::string(16, 's'), 1});
  task.controller.control.append(
      Header{.kind = Kind::cancel,
             .flags = static_cast<std::uint8_t>(wire::CancelDemand::give_back),
             .attempt = 11,
             .counter = 1},
      {}, body.bytes());
  task.exchange();
  const auto answers = task.controller.heard_of(Kind::answer);
  REQUIRE(answers.size() == 1);
  CHECK(static_cast<CancelAnswer>(answers[0].flags) == CancelAnswer::running);
  CHECK_FALSE(task.engine.take_stop_wish());
}

TEST_CASE("a page is overdue only while it names a task that must have ended") {
  Page page{};
  page.must_end_ns = 100;
  CHECK_FALSE(is_overdue(page, 200));
  page.named = engine::Named::executing;
  CHECK(is_overdue(page, 200));
  CHECK_FALSE(is_overdue(page, 99));
  page.must_end_ns = 0;
  CHECK_FALSE(is_overdue(page, 200));
}

}  // namespace muster::engine
