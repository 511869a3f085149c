// What tasks wait for, as the controller keeps it: when a gate opens, and when it never can.

#include "controller/gates.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

using Verdict = Gates::Verdict;
using wire::OutcomeKind;

/// A session of which tasks 1 to 9 are open, unless they have ended.
struct Session {
  Gates gates;
  std::map<std::uint64_t, Gates::Awaited> known;

  Session() {
    for (std::uint64_t counter = 1; counter <= 9; ++counter)
      known[counter] = {Gates::Awaited::State::open, OutcomeKind::value, none};
  }

  void end(std::uint64_t counter, OutcomeKind kind, EngineRef engine = 0,
           const std::string& label = {}) {
    known[counter] = {Gates::Awaited::State::ended, kind, engine};
    gates.ended(counter, kind, engine, label);
  }

  Gates::Judged judge(const std::vector<wire::Awaited>& groups, std::uint64_t counter = 20) {
    return gates.judge(counter, 1, groups, [this](std::uint64_t other) { return known[other]; });
  }
};

wire::Awaited waits_for(std::vector<std::uint64_t> tasks,
                        wire::Awaited::On on = wire::Awaited::success, bool any = false,
                        wire::Awaited::Role role = wire::Awaited::after) {
  wire::Awaited awaited;
  awaited.role = role;
  awaited.on = on;
  awaited.any = any;
  awaited.count.assign(tasks.size(), 1);
  awaited.first = std::move(tasks);
  return awaited;
}

wire::Awaited follows(std::vector<std::uint64_t> tasks, bool any = false) {
  return waits_for(std::move(tasks), wire::Awaited::success, any, wire::Awaited::follow);
}

}  // namespace

TEST_CASE("a gate opens when the last of the tasks behind which it is has given a value") {
  Session session;
  const Gates::Judged judged = session.judge({waits_for({1, 2, 3})});
  REQUIRE(judged.verdict == Verdict::waits);
  session.end(2, OutcomeKind::value);
  session.end(1, OutcomeKind::value);
  CHECK_FALSE(session.gates.has_decisions());
  session.end(3, OutcomeKind::value);
  const std::vector<Gates::Decision> decisions = session.gates.take_decisions();
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].gate == judged.gate);
  CHECK(decisions[0].first == 20);
  CHECK(decisions[0].judged.verdict == Verdict::open);
}

TEST_CASE(
    "a task that fails makes impossible what waits for its value, and is named by its label") {
  Session session;
  CHECK(session.judge({waits_for({1, 2})}).verdict == Verdict::waits);
  session.end(2, OutcomeKind::exception, 0, "train");
  const std::vector<Gates::Decision> decisions = session.gates.take_decisions();
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].judged.verdict == Verdict::impossible);
  CHECK(
      decisions[0].judged.why ==
      "this task can't start: a task that it waits for (train) has thrown; that task's get() says "
      "why");
  session.end(1, OutcomeKind::value);
  CHECK_FALSE(session.gates.has_decisions());
}

TEST_CASE("of any, the first is enough, and only the last failure is one too many") {
  Session session;
  CHECK(session.judge({waits_for({1, 2}, wire::Awaited::success, true)}).verdict == Verdict::waits);
  session.end(1, OutcomeKind::timed_out);
  CHECK_FALSE(session.gates.has_decisions());
  session.end(2, OutcomeKind::value);
  CHECK(session.gates.take_decisions().at(0).judged.verdict == Verdict::open);

  CHECK(session.judge({waits_for({3, 4}, wire::Awaited::success, true)}).verdict == Verdict::waits);
  session.end(3, OutcomeKind::exception);
  session.end(4, OutcomeKind::cancelled);
  CHECK(session.gates.take_decisions().at(0).judged.verdict == Verdict::impossible);
}

TEST_CASE("what waits for failures is possible only while there is none without") {
  Session session;
  CHECK(session.judge({waits_for({1, 2}, wire::Awaited::failure)}).verdict == Verdict::waits);
  session.end(1, OutcomeKind::exception);
  session.end(2, OutcomeKind::engine_lost);
  CHECK(session.gates.take_decisions().at(0).judged.verdict == Verdict::open);

  CHECK(session.judge({waits_for({3}, wire::Awaited::failure)}).verdict == Verdict::waits);
  session.end(3, OutcomeKind::value);
  CHECK(session.gates.take_decisions().at(0).judged.verdict == Verdict::impossible);

  CHECK(session.judge({waits_for({4, 5}, wire::Awaited::end)}).verdict == Verdict::waits);
  session.end(4, OutcomeKind::value);
  session.end(5, OutcomeKind::exception);
  CHECK(session.gates.take_decisions().at(0).judged.verdict == Verdict::open);
}

TEST_CASE("what has ended before counts, and nothing waits that needn't") {
  Session session;
  session.end(1, OutcomeKind::value);
  session.end(2, OutcomeKind::exception);
  CHECK(session.judge({waits_for({1})}).verdict == Verdict::open);
  CHECK(session.judge({waits_for({1, 2})}).verdict == Verdict::impossible);
  CHECK(session.judge({waits_for({2, 3}, wire::Awaited::success, true)}).verdict == Verdict::waits);
  CHECK(session.judge({waits_for({1, 3}, wire::Awaited::success, true)}).verdict == Verdict::open);
}

TEST_CASE("a task of which nothing is known any more has its waiters said again") {
  Session session;
  session.known[1] = {};
  CHECK(session.judge({waits_for({1})}).verdict == Verdict::unknown);
  CHECK(session.judge({waits_for({2, 3})}).verdict == Verdict::waits);
  session.gates.lost(3);
  CHECK(session.gates.take_decisions().at(0).judged.verdict == Verdict::unknown);
  session.end(2, OutcomeKind::value);
  CHECK_FALSE(session.gates.has_decisions());
}

TEST_CASE("a task waits for each of its groups") {
  Session session;
  CHECK(session.judge({waits_for({1}), follows({2})}).verdict == Verdict::waits);
  session.end(2, OutcomeKind::value, 4);
  CHECK_FALSE(session.gates.has_decisions());
  session.end(1, OutcomeKind::value, 3);
  const Gates::Judged judged = session.gates.take_decisions().at(0).judged;
  CHECK(judged.verdict == Verdict::open);
  CHECK(judged.where == std::vector<EngineRef>{4});
}

TEST_CASE("what follows tasks of different engines can't, unless one of them is enough") {
  Session session;
  CHECK(session.judge({follows({1, 2})}).verdict == Verdict::waits);
  session.end(1, OutcomeKind::value, 0);
  session.end(2, OutcomeKind::value, 3);
  const Gates::Judged apart = session.gates.take_decisions().at(0).judged;
  CHECK(apart.verdict == Verdict::impossible);
  CHECK(apart.why.find("different engines, 0 and 3") != std::string::npos);

  CHECK(session.judge({follows({1, 2}, true)}).where == std::vector<EngineRef>{0, 3});
}

TEST_CASE("a value that is an argument is handed on, and one that was before is asked for again") {
  Session session;
  wire::Awaited arguments =
      waits_for({1, 2}, wire::Awaited::success, false, wire::Awaited::argument);
  arguments.at = {8, 16};
  CHECK(session.judge({arguments}).verdict == Verdict::waits);
  CHECK(session.gates.wants_value(2));
  CHECK_FALSE(session.gates.wants_value(3));
  const wire::Pieces value{wire::SharedBytes::of(detail::Buffer::copy_of(wire::bytes_of("2")))};
  session.gates.ended(2, OutcomeKind::value, 0, {}, value);
  session.gates.ended(1, OutcomeKind::value, 0, {}, {});
  const Gates::Judged judged = session.gates.take_decisions().at(0).judged;
  CHECK(judged.verdict == Verdict::open);
  REQUIRE(judged.values.size() == 2);
  CHECK(judged.values[0].at == 8);
  CHECK(judged.values[0].value.empty());
  CHECK(judged.values[1].at == 16);
  CHECK(wire::size_of(judged.values[1].value) == 1);

  session.end(3, OutcomeKind::value);
  session.end(4, OutcomeKind::exception);
  wire::Awaited late = waits_for({3}, wire::Awaited::success, false, wire::Awaited::argument);
  late.at = {0};
  CHECK(session.judge({late}).verdict == Verdict::unknown);
  late.first = {4};
  CHECK(session.judge({late}).verdict == Verdict::impossible);
}

TEST_CASE("a group that comes in several records is one") {
  Session session;
  CHECK(session.judge({waits_for({1, 2}), waits_for({3})}).verdict == Verdict::waits);
  session.end(1, OutcomeKind::value);
  session.end(2, OutcomeKind::value);
  CHECK_FALSE(session.gates.has_decisions());
  session.end(3, OutcomeKind::value);
  CHECK(session.gates.take_decisions().size() == 1);
}

}  // namespace muster::controller
