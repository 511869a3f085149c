// What the controller keeps of tasks that have ended, and which of them a question means.

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "controller/glob.hpp"
#include "controller/history.hpp"
#include "controller/history_match.hpp"
#include "controller/kept_outcomes.hpp"
#include "launcher/history_where.hpp"

using namespace muster::controller;
using muster::wire::Compare;
using muster::wire::Condition;
using muster::wire::HistoryField;

namespace {

Condition condition(HistoryField field, Compare how, std::vector<std::int64_t> numbers,
                    std::vector<std::string> texts = {}) {
  return {static_cast<std::uint8_t>(field), static_cast<std::uint8_t>(how), std::move(numbers),
          std::move(texts)};
}

}  // namespace

TEST_CASE("a full history has the latest records, and the labels that they name") {
  History history(3);
  for (std::uint64_t task = 1; task <= 5; ++task) {
    const auto label =
        history.labels().take(task % 2 == 0 ? "even" : "task " + std::to_string(task));
    History::Ended& ended = history.add();
    ended.counter = task;
    ended.label = label;
  }
  REQUIRE(history.end() - history.begin() == 3);
  CHECK(history.end() == 5);
  CHECK(history[history.begin()].counter == 3);
  CHECK(history[4].counter == 5);
  CHECK(history.last()->counter == 5);
  CHECK(history.labels().text(history[3].label) == "even");
  CHECK(history.labels().size() == 3);
}

TEST_CASE("clients of whom no record speaks any more are forgotten") {
  History history(4);
  for (SessionRef session = 0; session < 1000; ++session) {
    history.add().session = session;
    history.keep_submitter(session, {});
  }
  CHECK(history.submitter(0) == nullptr);
  CHECK(history.submitter(999) != nullptr);
  int known = 0;
  for (SessionRef session = 0; session < 1000; ++session)
    known += history.submitter(session) != nullptr ? 1 : 0;
  CHECK(known < 100);
}

TEST_CASE("the time of a submission is that of its message, however many there were") {
  SubmissionTimes times;
  times.note(10, 1000);
  times.note(11, 1000);
  times.note(20, 2000);
  CHECK(times.of(9, -1) == -1);
  CHECK(times.of(10, -1) == 1000);
  CHECK(times.of(19, -1) == 1000);
  CHECK(times.of(20, -1) == 2000);
  CHECK(times.of(500, -1) == 2000);
  for (std::uint64_t task = 21; task < 100'000; ++task)
    times.note(task, static_cast<std::int64_t>(task * 100));
  CHECK(times.of(99'999, -1) == 9'999'900);
  CHECK(times.of(5000, -1) <= 500'000);
  CHECK(times.of(5000, -1) > 0);
}

TEST_CASE("patterns are the shell's, and none takes long") {
  CHECK(is_like("anneal 12", "anneal*"));
  CHECK(is_like("anneal 12", "anneal ?[0-9]"));
  CHECK(is_like("anneal", "*"));
  CHECK(is_like("", "*"));
  CHECK(is_like("", ""));
  CHECK(is_like("a[b", "a[b"));
  CHECK(is_like("cat", "[!b]at"));
  CHECK_FALSE(is_like("bat", "[!b]at"));
  CHECK_FALSE(is_like("anneal", "ann"));
  CHECK_FALSE(is_like("anneal", "?"));
  CHECK_FALSE(is_like("", "?"));
  CHECK_FALSE(is_like("a", "[b"));
  const std::string text(10'000, 'a');
  std::string pattern;
  for (int i = 0; i < 100; ++i)
    pattern += "*a";
  CHECK(is_like(text, pattern));
  CHECK_FALSE(is_like(text, pattern + "b"));
}

TEST_CASE("conditions compare as they say, and what isn't known meets none but not") {
  HistoryRow row{.session = 7, .counter = 10, .count = 5, .status = 2, .label = "boil"};
  row.engine = 3;
  row.submitted = 1000;
  const auto holds = [&](const Condition& one) { return matches(row, {one}, 5000); };
  CHECK(holds(condition(HistoryField::engine, Compare::equal, {3})));
  CHECK_FALSE(holds(condition(HistoryField::engine, Compare::not_equal, {3})));
  CHECK(holds(condition(HistoryField::engine, Compare::less, {4})));
  CHECK_FALSE(holds(condition(HistoryField::engine, Compare::less, {3})));
  CHECK(holds(condition(HistoryField::engine, Compare::at_most, {3})));
  CHECK_FALSE(holds(condition(HistoryField::engine, Compare::greater, {3})));
  CHECK(holds(condition(HistoryField::engine, Compare::at_least, {3})));
  CHECK(holds(condition(HistoryField::engine, Compare::one_of, {1, 3})));
  CHECK_FALSE(holds(condition(HistoryField::engine, Compare::none_of, {1, 3})));
  CHECK(holds(condition(HistoryField::label, Compare::like, {}, {"b*"})));
  CHECK_FALSE(holds(condition(HistoryField::label, Compare::equal, {}, {"b*"})));
  CHECK(holds(condition(HistoryField::id, Compare::one_of, {7, 14})));
  CHECK_FALSE(holds(condition(HistoryField::id, Compare::one_of, {7, 15})));
  // A time is said as nanoseconds from now, which is 5000.
  CHECK(holds(condition(HistoryField::submitted, Compare::less, {-3000})));
  CHECK_FALSE(holds(condition(HistoryField::submitted, Compare::greater, {-3000})));
  CHECK_FALSE(holds(condition(HistoryField::started, Compare::less, {0})));
  CHECK(holds(condition(HistoryField::started, Compare::not_equal, {0})));
  CHECK(matches(row, {}, 5000));
  CHECK_FALSE(matches(row,
                      {condition(HistoryField::engine, Compare::equal, {3}),
                       condition(HistoryField::status, Compare::equal, {1})},
                      5000));

  CHECK_FALSE(fault_of(condition(HistoryField::engine, Compare::equal, {3})));
  CHECK(fault_of(condition(HistoryField::engine, Compare::equal, {})));
  CHECK(fault_of(condition(HistoryField::engine, Compare::like, {3})));
  CHECK(fault_of(condition(HistoryField::label, Compare::less, {3})));
  CHECK(fault_of(condition(static_cast<HistoryField>(99), Compare::less, {3})));
  CHECK(fault_of(condition(HistoryField::engine, static_cast<Compare>(99), {3})));
  CHECK(fault_of(condition(HistoryField::id, Compare::one_of, {3})));
  CHECK(fault_of(condition(HistoryField::id, Compare::less, {3, 4})));
}

TEST_CASE("kept outcomes are bounded in bytes, and the oldest go first") {
  const auto session = muster::wire::Uuid::parse("00112233445566778899aabbccddeeff").value();
  KeptOutcomes outcomes(10'000);
  const auto kept = [](std::size_t bytes, std::uint32_t count = 1) {
    const auto one = std::make_shared<Kept>();
    one->count = count;
    one->value = muster::detail::Buffer::copy_of(muster::wire::bytes_of(std::string(bytes, 'x')));
    return one;
  };
  outcomes.add(session, 1, kept(4000));
  outcomes.add(session, 2, kept(100, 8));
  CHECK(outcomes.find(session, 1).kept != nullptr);
  CHECK(outcomes.find(session, 9).first == 2);
  CHECK(outcomes.find(session, 10).kept == nullptr);
  outcomes.add(session, 10, kept(8000));
  CHECK(outcomes.find(session, 1).kept == nullptr);
  CHECK(outcomes.find(session, 10).kept != nullptr);
  CHECK(outcomes.bytes() <= 10'000);
  CHECK(outcomes.remove(session, 10) == 1);
  CHECK(outcomes.remove(session, 10) == 0);
  outcomes.forget(session);
  CHECK(outcomes.bytes() == 0);
}

TEST_CASE("a bound value that many kept tasks name counts once") {
  const auto session = muster::wire::Uuid::parse("00112233445566778899aabbccddeeff").value();
  KeptOutcomes outcomes(10'000);
  CHECK(outcomes.keeps_values(1250));
  CHECK_FALSE(outcomes.keeps_values(1251));
  const auto value = muster::wire::make_large_body(
      muster::detail::Buffer::copy_of(muster::wire::bytes_of(std::string(2000, 'x'))));
  const auto kept = [&] {
    const auto one = std::make_shared<Kept>();
    one->values = {value};
    return one;
  };
  for (std::uint64_t counter = 1; counter <= 5; ++counter)
    outcomes.add(session, counter, kept());
  CHECK(outcomes.bytes() == 2000 + 5 * kept()->bytes());
  outcomes.add(session, 5, kept());
  CHECK(outcomes.bytes() == 2000 + 5 * kept()->bytes());
  for (std::uint64_t counter = 1; counter <= 4; ++counter)
    outcomes.remove(session, counter);
  CHECK(outcomes.bytes() == 2000 + kept()->bytes());
  outcomes.forget(session);
  CHECK(outcomes.bytes() == 0);
}

TEST_CASE("conditions of the command line are read, or refused with what can be written") {
  using muster::launcher::add_condition;
  muster::HistoryQuery query;
  for (const char* text : {"label=a*", "status=failed,cancelled", "run>1.5", "run<=2min",
                           "engine!=3", "completed>=-10min", "id=7f3a90c2-12"})
    add_condition(query, text);
  CHECK(query.label.parts().size() == 1);
  REQUIRE(query.status.parts().size() == 1);
  CHECK(query.status.parts()[0].values.size() == 2);
  REQUIRE(query.run.parts().size() == 2);
  CHECK(query.run.parts()[0].values[0] == std::chrono::milliseconds(1500));
  CHECK(query.run.parts()[1].values[0] == std::chrono::minutes(2));
  CHECK(query.id.parts()[0].values[0] == muster::TaskId{0x7f3a90c2, 12});
  for (const char* text : {"function=move(int, double),stay<a, b>()", "program=a\\,b,c", "key=k"})
    add_condition(query, text);
  CHECK(query.function.parts()[0].values ==
        std::vector<std::string>{"move(int, double)", "stay<a, b>()"});
  CHECK(query.program.parts()[0].values == std::vector<std::string>{"a,b", "c"});
  CHECK(query.key.parts().size() == 1);
  for (const char* text : {"label", "=a", "label!a", "status=late", "engine=x", "engine<1,2",
                           "run=fast", "id=12", "colour=red"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(add_condition(query, text), std::invalid_argument);
  }
}

TEST_CASE("the id of a task is text and back") {
  const muster::TaskId id{0x0a0b0c0d, 17};
  CHECK(id.text() == "0a0b0c0d-17");
  CHECK(muster::TaskId::parse(id.text()) == id);
  for (const char* text : {"", "0a0b0c0d", "0a0b0c0d-", "0a0b0c0d-0", "0a0b0c0d-x", "a0b0c0d-17",
                           "0a0b0c0g-17", "0a0b0c0d-1 "}) {
    CAPTURE(text);
    CHECK_FALSE(muster::TaskId::parse(text));
  }
}
