// Quick items of a row, which an engine executes without asking its session in between (rules 11,
// 15, 18 and 19 hold as if it asked).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/session.hpp"
#include "protocol/item_row.hpp"
#include "protocol/outcome_times.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster::engine {
namespace {

using namespace std::chrono_literals;
using wire::FakeController;
using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

Session::Config quick_config() {
  Session::Config config;
  config.quick_item_ns = 20'000;
  return config;
}

/// An engine with a row of six items, "a" to "f", counters 1 to 6, of which the first has ended: it
/// was quick. The others wait.
struct Row {
  Instant now = Instant{} + 1h;
  FakeController controller;
  Session session{quick_config(), now};
  ItemRun* run = nullptr;

  Row() {
    open(1);
    detail::Buffer row;
    for (const char* item : {"a", "b", "c", "d", "e", "f"})
      wire::append_item(row, wire::bytes_of(std::string(item)));
    controller.task.append(Header{.kind = Kind::dispatch,
                                  .flags = 1,
                                  .starts = 1,
                                  .attempt = 11,
                                  .counter = 1,
                                  .count = 6},
                           {}, row.bytes());
    exchange();
    session.start_next(now);
    now += 1us;
    session.finish(OutcomeKind::value, wire::bytes_of(std::string("A")), now);
    exchange();
    controller.heard.clear();
    begin();
  }
  void begin() {
    const std::optional<Job> job = session.start_next(now);
    REQUIRE(job);
    run = job->run;
    REQUIRE(run != nullptr);
  }
  void open(std::uint64_t link) {
    exchange();
    session.receive_control(controller.welcome(link).bytes(), now);
    exchange();
    controller.task.append(Header{.kind = Kind::declare_session}, {},
                           wire::bytes_of(std::string(16, 's')));
    const detail::Buffer code = wire::pack(wire::Code{std::string(32, 'i'), "entry"});
    controller.task.append(Header{.kind = Kind::declare_code}, {}, code.bytes());
  }
  /// As the listening thread does.
  void exchange() {
    for (const wire::Frame& frame : FakeController::frames(controller.control))
      session.receive_control(frame.records.bytes(), now);
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      session.receive_task(frame.records.bytes(), frame.chunk, now);
    session.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                 [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); }, now);
  }
  std::string claim() {
    const auto item = run->claim();
    return item ? wire::text_of(item->arguments) : "";
  }
  void finish(const std::string& value) {
    now += 1us;
    REQUIRE(run->finish(wire::bytes_of(value)));
  }
  void end_run() {
    session.end_run(now);
    exchange();
  }
  /// Counters of the outcomes that were heard, each with its value, or what isn't one.
  std::vector<std::pair<std::uint64_t, std::string>> outcomes() const {
    std::vector<std::pair<std::uint64_t, std::string>> heard;
    for (const wire::Heard& record : controller.heard_of(Kind::outcome)) {
      if (record.count == 1) {
        const bool value = record.flags == static_cast<std::uint8_t>(OutcomeKind::value);
        heard.emplace_back(record.counter, value ? record.body : "threw");
        continue;
      }
      wire::ItemReader values(wire::bytes_of(record.body));
      for (std::uint32_t i = 0; i < record.count; ++i)
        heard.emplace_back(record.counter + i, wire::text_of(values.next().value()));
    }
    return heard;
  }
  std::vector<std::uint64_t> said(Kind kind) const {
    std::vector<std::uint64_t> counters;
    for (const wire::Heard& record : controller.heard_of(kind))
      counters.push_back(record.counter);
    return counters;
  }
};

using Outcomes = std::vector<std::pair<std::uint64_t, std::string>>;
using Counters = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("the values of quick items travel as one outcome, in order, with the time of them all") {
  Row row;
  for (const char* item : {"b", "c", "d", "e", "f"}) {
    CHECK(row.claim() == item);
    row.finish(std::string("value of ") + item);
  }
  CHECK(row.claim().empty());
  row.end_run();
  CHECK(row.outcomes() == Outcomes{{2, "value of b"},
                                   {3, "value of c"},
                                   {4, "value of d"},
                                   {5, "value of e"},
                                   {6, "value of f"}});
  const auto records = row.controller.heard_of(Kind::outcome);
  REQUIRE(records.size() == 1);
  CHECK(records[0].attempt == 11);
  CHECK(records[0].starts == 1);
  const auto times = wire::decode_outcome_times(wire::bytes_of(records[0].options));
  REQUIRE(times);
  CHECK(times->run_ns == 5'000);
  CHECK(row.session.queued() == 0);
  CHECK_FALSE(row.session.start_next(row.now));
}

TEST_CASE("rule 19: an item that ended isn't held back by a slow one behind it") {
  Row row;
  row.claim();
  row.finish("B");
  row.run->look(row.now);
  row.claim();
  row.now += 10ms;
  row.session.report_running(row.now);
  row.exchange();
  CHECK(row.outcomes() == Outcomes{{2, "B"}});
  CHECK(row.said(Kind::running) == Counters{3});
  CHECK(row.session.queued() == 3);
  row.finish("C");
  CHECK(row.claim().empty());  // the others may have gone elsewhere meanwhile
  row.end_run();
  CHECK(row.outcomes() == Outcomes{{2, "B"}, {3, "C"}});
  const auto record = row.controller.heard_of(Kind::outcome).back();
  CHECK(wire::decode_outcome_times(wire::bytes_of(record.options))->run_ns == 10'001'000);
  CHECK(row.session.start_next(row.now)->counter == 4);
}

TEST_CASE("an item that throws has its own outcome behind those before it") {
  Row row;
  row.claim();
  row.finish("B");
  row.claim();
  row.session.end_run(row.now);
  row.session.finish(OutcomeKind::exception, {}, row.now);
  row.begin();
  CHECK(row.claim() == "d");
  row.finish("D");
  row.end_run();
  CHECK(row.outcomes() == Outcomes{{2, "B"}, {3, "threw"}, {4, "D"}});
  CHECK(row.session.queued() == 2);
}

TEST_CASE("what an item publishes comes before its value, whoever takes that") {
  Row row;
  row.claim();
  row.finish("B");
  row.claim();
  row.session.publication().publish(wire::pack(0.5));
  row.finish("C");
  row.exchange();
  std::vector<Kind> kinds;
  for (const Kind kind : row.controller.heard_kinds()) {
    if (kind == Kind::published || kind == Kind::outcome) kinds.push_back(kind);
  }
  CHECK(kinds == std::vector<Kind>{Kind::published, Kind::outcome});
  CHECK(row.said(Kind::published) == Counters{3});
  CHECK(row.outcomes() == Outcomes{{2, "B"}, {3, "C"}});
  row.end_run();
  CHECK(row.said(Kind::published) == Counters{3});
}

TEST_CASE("rule 15: a cancel finds which items of a run have begun, and no other is told") {
  Row row;
  row.claim();
  row.finish("B");
  row.claim();
  const detail::Buffer order = wire::pack(wire::CancelOrder{std::string(16, 's'), 1});
  for (const std::uint64_t counter : {2, 3, 5}) {
    row.controller.control.append(Header{.kind = Kind::cancel, .attempt = 11, .counter = counter},
                                  {}, order.bytes());
  }
  row.exchange();
  const auto answers = row.controller.heard_of(Kind::answer);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].counter == 2);
  CHECK(answers[0].flags == static_cast<std::uint8_t>(wire::CancelAnswer::finished));
  CHECK(answers[1].counter == 3);
  CHECK(answers[1].flags == static_cast<std::uint8_t>(wire::CancelAnswer::running));
  CHECK(row.said(Kind::returned) == Counters{5});
  CHECK(row.session.take_stop_wish());
  row.finish("C");
  CHECK(row.claim().empty());  // not before the next item has a token of its own
  row.end_run();
  CHECK(row.session.start_next(row.now)->counter == 4);
  CHECK_FALSE(row.session.take_stop_wish());
}

TEST_CASE("rule 1: on a new link, what a run has ended comes before what it still holds") {
  Row row;
  row.claim();
  row.finish("B");
  row.claim();
  row.now += 6s;
  row.session.tick(row.now);
  row.controller.heard.clear();
  row.open(2);
  std::vector<Kind> kinds;
  for (const Kind kind : row.controller.heard_kinds()) {
    if (kind == Kind::outcome || kind == Kind::inventory) kinds.push_back(kind);
  }
  CHECK(kinds == std::vector<Kind>{Kind::outcome, Kind::outcome, Kind::inventory});
  const auto inventory = wire::unpack<wire::Inventory>(
      wire::bytes_of(row.controller.heard_of(Kind::inventory).back().body));
  REQUIRE(inventory);
  CHECK(inventory->executing);
  CHECK(inventory->first == Counters{3, 4});
  CHECK(inventory->count == std::vector<std::uint32_t>{1, 3});
}

TEST_CASE("what ends behind a look at a run isn't taken by it, but by the next one") {
  ItemRun run;
  detail::Buffer row;
  for (const char* item : {"a", "b"})
    wire::append_item(row, wire::bytes_of(std::string(item)));
  run.begin(1, 2, wire::ItemReader(row.bytes()), 1'000, Instant{} + 1h);
  run.claim();
  run.finish(wire::bytes_of(std::string("A")));
  run.claim();
  run.close();
  const ItemRun::Look look = run.look();
  run.finish(wire::bytes_of(std::string("B")));  // on the executing thread, at this moment
  CHECK(look.ended() < run.claimed());
  CHECK(run.take(look, Instant{}).count == 1);
  const ItemRun::Values rest = run.take(run.look(), Instant{});
  CHECK(rest.first == 2);
  CHECK(rest.count == 1);
}

TEST_CASE("a value for which a run has no room is the item's own outcome") {
  Row row;
  row.claim();
  row.finish("B");
  row.claim();
  const std::string large(ItemRun::values_max, 'x');
  CHECK_FALSE(row.run->finish(wire::bytes_of(large)));
  row.session.end_run(row.now);
  row.session.finish(OutcomeKind::value, wire::bytes_of(large), row.now);
  row.exchange();
  CHECK(row.outcomes() == Outcomes{{2, "B"}, {3, large}});
}

}  // namespace muster::engine
