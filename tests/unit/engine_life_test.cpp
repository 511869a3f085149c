// The engine's session by lists of events: what has to run first in a process, and when it retires.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/session.hpp"
#include "protocol/item_row.hpp"
#include "tests/unit/body_bytes.hpp"
#include "tests/unit/engine_conversation.hpp"

namespace muster::engine {
namespace {

using namespace std::chrono_literals;
using wire::FakeController;
using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

const std::string initializer_name(32, 'n');

struct Conversation : EngineConversation {
  Conversation() : EngineConversation(config()) {}

  static Session::Config config() {
    Session::Config config;
    config.quick_item_ns = 20'000;
    return config;
  }
  void dispatch(std::uint64_t counter, const wire::TaskOptions& options, std::uint32_t count = 1) {
    const detail::Buffer block = wire::pack(options);
    detail::Buffer row;
    for (std::uint32_t i = 0; count > 1 && i < count; ++i)
      wire::append_item(row, {});
    controller.task.append(Header{.kind = Kind::dispatch,
                                  .flags = static_cast<std::uint8_t>(count > 1),
                                  .attempt = 10 + counter,
                                  .session = 4,
                                  .counter = counter,
                                  .count = count,
                                  .code = 6},
                           block.bytes(), row.bytes());
    exchange();
  }
  void run_one() {
    REQUIRE(engine.start_next(now));
    engine.finish(OutcomeKind::value, {}, now);
  }
  std::size_t heard(Kind kind) const { return controller.heard_of(kind).size(); }
};

}  // namespace

TEST_CASE("a process starts as many tasks as it may live for, and retires behind their outcomes") {
  Conversation talk;
  for (std::uint64_t counter = 1; counter <= 4; ++counter)
    talk.dispatch(counter, {.lifespan = 3});
  talk.run_one();
  talk.run_one();
  CHECK_FALSE(talk.engine.retires());
  talk.run_one();
  CHECK(talk.engine.retires());
  CHECK_FALSE(talk.engine.start_next(talk.now));
  CHECK(talk.engine.flush_due(talk.now));  // what it holds keeps nothing back
  talk.exchange();
  CHECK(talk.heard(Kind::outcome) == 3);
  CHECK(talk.heard(Kind::retired) == 1);
  CHECK(talk.controller.heard.back().kind == Kind::retired);
  CHECK(talk.heard(Kind::returned) == 0);
}

TEST_CASE("a process that takes too much memory retires behind what it executes") {
  Conversation talk;
  // Who takes the place of one that has begun nothing would be no smaller.
  talk.engine.wear_out(talk.now);
  talk.dispatch(1, {});
  talk.dispatch(2, {});
  REQUIRE(talk.engine.start_next(talk.now));
  talk.engine.wear_out(talk.now);
  talk.exchange();
  CHECK(talk.heard(Kind::retired) == 0);
  talk.engine.finish(OutcomeKind::value, {}, talk.now);
  CHECK_FALSE(talk.engine.start_next(talk.now));
  talk.exchange();
  CHECK(talk.heard(Kind::outcome) == 1);
  CHECK(talk.controller.heard.back().kind == Kind::retired);

  Conversation idle;
  idle.dispatch(1, {});
  idle.run_one();
  idle.engine.wear_out(idle.now);
  idle.exchange();
  CHECK(idle.heard(Kind::retired) == 1);
}

TEST_CASE(
    "a process that takes too much memory amid a row of quick items retires behind the last") {
  Conversation talk;
  talk.dispatch(1, {}, 6);
  talk.run_one();  // it was quick
  const auto job = talk.engine.start_next(talk.now);
  REQUIRE(job->run != nullptr);
  REQUIRE(job->run->claim());
  talk.engine.wear_out(talk.now);
  CHECK_FALSE(job->run->claim());
  job->run->finish({});
  talk.engine.end_run(talk.now);
  CHECK_FALSE(talk.engine.start_next(talk.now));
  talk.exchange();
  CHECK(talk.controller.heard.back().kind == Kind::retired);
}

TEST_CASE("tasks of all kinds wear a process out, but only those that say so replace it") {
  Conversation talk;
  for (std::uint64_t counter = 1; counter <= 5; ++counter)
    talk.dispatch(counter, {});
  talk.dispatch(6, {.lifespan = 2});
  for (int i = 0; i < 5; ++i)
    talk.run_one();
  CHECK_FALSE(talk.engine.retires());
  talk.run_one();
  CHECK(talk.engine.retires());
}

TEST_CASE("of a row no more items are started than the process may live for, however quick") {
  Conversation talk;
  talk.dispatch(1, {});
  talk.run_one();  // it is known to be quick now
  talk.dispatch(2, {.lifespan = 4}, 10);
  for (int i = 0; i < 3; ++i) {
    const auto job = talk.engine.start_next(talk.now);
    REQUIRE(job);
    CHECK(job->run == nullptr);
    talk.engine.finish(OutcomeKind::value, {}, talk.now);
  }
  CHECK(talk.engine.retires());
  CHECK(talk.engine.queued() == 7);
}

TEST_CASE("a process that has retired says so again on a new link") {
  Conversation talk;
  talk.dispatch(1, {.lifespan = 1});
  talk.run_one();
  talk.exchange();
  REQUIRE(talk.heard(Kind::retired) == 1);
  talk.now += 6s;  // silence: the engine gives the link up
  talk.engine.tick(talk.now);
  talk.controller.heard.clear();
  talk.open(2);
  CHECK(talk.heard(Kind::retired) >= 1);
}

TEST_CASE("an initializer that returns behind its limit is run again for the next task") {
  Conversation talk;
  for (std::uint64_t counter = 1; counter <= 2; ++counter) {
    talk.dispatch(
        counter,
        {.run_ns = 9'000'000'000, .initializer = initializer_name, .init_ns = 1'000'000'000});
  }
  REQUIRE(talk.engine.start_next(talk.now));
  talk.now += 1s;
  talk.engine.tick(talk.now);
  CHECK(talk.engine.take_stop_wish());
  CHECK_FALSE(talk.engine.begin_prepared(talk.now));
  talk.engine.finish(OutcomeKind::value, {}, talk.now);  // is dropped
  const auto second = talk.engine.start_next(talk.now);
  REQUIRE(second);
  CHECK(second->initializer != nullptr);
  talk.now += 999ms;
  CHECK(talk.engine.begin_prepared(talk.now));
  talk.now += 8s;
  CHECK_FALSE(talk.engine.run_limit().passed(talk.now));
}

TEST_CASE("the first task of an initializer says that it has to run, those after it don't") {
  Conversation talk;
  for (std::uint64_t counter = 1; counter <= 3; ++counter)
    talk.dispatch(counter, {.run_ns = 1'000'000'000, .initializer = initializer_name});
  const auto first = talk.engine.start_next(talk.now);
  REQUIRE(first);
  REQUIRE(first->initializer != nullptr);
  CHECK(first->initializer->name == initializer_name);
  // What it takes isn't limited, and isn't the task's.
  talk.now += 5s;
  CHECK_FALSE(talk.engine.overdue(talk.now));
  CHECK(talk.engine.begin_prepared(talk.now));
  CHECK(talk.engine.run_limit().nanoseconds() == 1'000'000'000);
  talk.engine.finish(OutcomeKind::value, {}, talk.now);
  const auto second = talk.engine.start_next(talk.now);
  REQUIRE(second);
  CHECK(second->initializer == nullptr);
}

TEST_CASE("what has no initializer that has run names it again, one by one") {
  Conversation talk;
  talk.dispatch(1, {});
  talk.run_one();
  talk.dispatch(2, {.initializer = initializer_name}, 10);
  for (int i = 0; i < 2; ++i) {
    const auto job = talk.engine.start_next(talk.now);
    REQUIRE(job);
    CHECK(job->run == nullptr);
    CHECK(job->initializer != nullptr);
    talk.engine.finish(OutcomeKind::exception, {}, talk.now);
  }
}

}  // namespace muster::engine
