// Rows of items (rule 18): their bytes, how the scheduler splits them, how an engine works through
// one, and what a client says again of one.

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "client/session.hpp"
#include "controller/scheduler.hpp"
#include "engine/session.hpp"
#include "protocol/item_row.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;
using controller::Scheduler;
using controller::Task;
using controller::TaskRef;
using wire::FakeController;
using wire::Header;
using wire::Instant;
using wire::Kind;
using Range = std::pair<std::uint64_t, std::uint32_t>;
using Ranges = std::vector<Range>;

constexpr controller::ImageRef image = 0;

detail::Buffer row_of(const std::vector<std::string>& items) {
  detail::Buffer row;
  for (const std::string& item : items)
    wire::append_item(row, wire::bytes_of(item));
  return row;
}

std::vector<std::string> items_of(wire::Bytes row) {
  std::vector<std::string> items;
  wire::ItemReader reader(row);
  while (const auto item = reader.next())
    items.push_back(wire::text_of(*item));
  return items;
}

struct Tasks {
  Scheduler scheduler{{.credit = 2}};

  TaskRef submit(std::uint64_t counter, std::uint32_t count) {
    return scheduler.submit(0, counter, 0, image, {}, nullptr, count);
  }
  Range range(TaskRef task) const { return {scheduler[task].counter, scheduler[task].count}; }
  Ranges ranges(const std::vector<TaskRef>& tasks) const {
    Ranges all;
    for (const TaskRef task : tasks)
      all.push_back(range(task));
    return all;
  }
  Ranges waiting() const { return ranges(scheduler.waiting_tasks(image)); }
  Ranges held(controller::EngineRef engine) const { return ranges(scheduler.tasks_of(engine)); }
};

struct Engine {
  Instant now = Instant{} + 1h;
  FakeController controller;
  engine::Session session{{}, now};

  Engine() { open(1); }
  void open(std::uint64_t link) {
    exchange();
    session.receive_control(controller.welcome(link).bytes(), now);
    exchange();
    controller.task.append(Header{.kind = Kind::declare_session}, {},
                           wire::bytes_of(std::string(16, 's')));
    const detail::Buffer code = wire::pack(wire::Code{std::string(32, 'i'), "entry"});
    controller.task.append(Header{.kind = Kind::declare_code}, {}, code.bytes());
  }
  void exchange() {
    for (const wire::Frame& frame : FakeController::frames(controller.control))
      session.receive_control(frame.records.bytes(), now);
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      session.receive_task(frame.records.bytes(), frame.chunk, now);
    session.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                 [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); }, now);
  }
  void dispatch(std::uint64_t counter, std::uint32_t count, const detail::Buffer& row,
                std::uint32_t first_item = 0) {
    wire::TaskOptions options;
    options.first_item = first_item;
    const detail::Buffer block = first_item == 0 ? detail::Buffer() : wire::pack(options);
    controller.task.append(Header{.kind = Kind::dispatch,
                                  .flags = 1,
                                  .starts = 1,
                                  .attempt = 11,
                                  .counter = counter,
                                  .count = count},
                           block.bytes(), row.bytes());
    exchange();
  }
  void order_cancel(std::uint64_t counter, std::uint32_t count = 1) {
    const detail::Buffer body = wire::pack(wire::CancelOrder{std::string(16, 's'), 1});
    controller.control.append(
        Header{.kind = Kind::cancel, .attempt = 11, .counter = counter, .count = count}, {},
        body.bytes());
    exchange();
  }
  /// Runs all that is left; gives counters and arguments.
  std::vector<std::pair<std::uint64_t, std::string>> run() {
    std::vector<std::pair<std::uint64_t, std::string>> ran;
    while (const auto job = session.start_next(now)) {
      ran.emplace_back(job->counter, wire::text_of(job->arguments));
      session.finish(wire::OutcomeKind::value, {}, now);
    }
    exchange();
    return ran;
  }
  std::vector<std::uint64_t> said(Kind kind) const {
    std::vector<std::uint64_t> counters;
    for (const wire::Heard& record : controller.heard_of(kind))
      counters.push_back(record.counter);
    return counters;
  }
};

using Ran = std::vector<std::pair<std::uint64_t, std::string>>;
using Counters = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("the items of a row are read as they were written, long ones at a multiple of eight") {
  const std::vector<std::string> items{"", "a", std::string(33, 'x'), "12345678",
                                       std::string(1000, 'y')};
  const detail::Buffer row = row_of(items);
  CHECK(items_of(row.bytes()) == items);
  std::size_t most = 0;
  for (const std::string& item : items)
    most += wire::item_bytes(item.size());
  CHECK(row.size() <= most);
  wire::ItemReader reader(row.bytes());
  while (const auto item = reader.next()) {
    if (item->size() > wire::short_item_max) CHECK((item->data() - row.data()) % 8 == 0);
  }
  // Cut short anywhere, it gives what is whole.
  for (std::size_t size = 0; size < row.size(); ++size)
    CHECK(items_of(row.bytes().first(size)).size() < items.size());
}

TEST_CASE("a part of a row is a row, and of one item the item's own body") {
  const detail::Buffer row = row_of({"a", "b", "c", "d"});
  CHECK(items_of(wire::part_of_row(row.bytes(), 1, 2).bytes()) ==
        std::vector<std::string>{"b", "c"});
  CHECK(wire::text_of(wire::part_of_row(row.bytes(), 2, 1).bytes()) == "c");
}

TEST_CASE("a row that waits is split in place and dispatched in order") {
  Tasks tasks;
  tasks.submit(1, 1);
  const TaskRef row = tasks.submit(2, 8);
  tasks.submit(10, 1);
  CHECK(tasks.scheduler.waiting() == 10);
  tasks.scheduler.split(row, 4);  // the front is smaller, and is new
  CHECK(tasks.range(row) == Range{4, 6});
  tasks.scheduler.split(row, 9);  // the back is
  CHECK(tasks.range(row) == Range{4, 5});
  CHECK(tasks.waiting() == Ranges{{1, 1}, {2, 2}, {4, 5}, {9, 1}, {10, 1}});
  CHECK(tasks.scheduler.waiting() == 10);
  tasks.scheduler.release(row);
  CHECK(tasks.scheduler.waiting() == 5);
  tasks.scheduler.activate(0, image);
  Ranges dispatched;
  while (const auto dispatch = tasks.scheduler.dispatch(Instant{} + 1h)) {
    dispatched.push_back(tasks.range(dispatch->task));
    tasks.scheduler.release(dispatch->task);
  }
  CHECK(dispatched == Ranges{{1, 1}, {2, 2}, {9, 1}, {10, 1}});
  CHECK(tasks.scheduler.tasks() == 0);
}

TEST_CASE("the parts of a row that an engine holds are the same attempt there, in order") {
  Tasks tasks;
  tasks.scheduler.activate(0, image);
  const TaskRef row = tasks.submit(1, 10);
  tasks.scheduler.dispatch(Instant{} + 1h);
  tasks.scheduler[row].running = true;
  const TaskRef front = tasks.scheduler.split(row, 3);
  const TaskRef back = tasks.scheduler.split(row, 10);
  CHECK(tasks.held(0) == Ranges{{1, 2}, {3, 7}, {10, 1}});
  for (const TaskRef part : {front, row, back}) {
    CHECK(tasks.scheduler[part].attempt == tasks.scheduler[row].attempt);
    CHECK(tasks.scheduler.is_current(part, 0, tasks.scheduler[row].attempt));
  }
  CHECK(tasks.scheduler[front].running);
  CHECK_FALSE(tasks.scheduler[row].running);
  CHECK(tasks.scheduler.deactivate(0) == std::vector<TaskRef>{front, row, back});
  CHECK(tasks.scheduler.held() == 0);
}

TEST_CASE("a row shrinks from its front until nothing is left") {
  Tasks tasks;
  tasks.scheduler.activate(0, image);
  const TaskRef row = tasks.submit(5, 3);
  tasks.scheduler.dispatch(Instant{} + 1h);
  tasks.scheduler.forget_first(row);
  CHECK(tasks.held(0) == Ranges{{6, 2}});
  tasks.scheduler.forget_first(row);
  tasks.scheduler.forget_first(row);
  CHECK(tasks.held(0).empty());
  CHECK(tasks.scheduler.held() == 0);
}

TEST_CASE("an engine starts the items of a row in order, and each has its outcome") {
  Engine engine;
  engine.dispatch(7, 3, row_of({"a", "b", "c"}));
  CHECK(engine.session.queued() == 3);
  CHECK(engine.run() == Ran{{7, "a"}, {8, "b"}, {9, "c"}});
  CHECK(engine.said(Kind::outcome) == Counters{7, 8, 9});
}

TEST_CASE("a part of a row begins at its own item") {
  Engine engine;
  engine.dispatch(9, 2, row_of({"a", "b", "c", "d", "e"}), 2);
  CHECK(engine.run() == Ran{{9, "c"}, {10, "d"}});
}

TEST_CASE("rule 18: a cancelled item is given back and its neighbours run") {
  Engine engine;
  engine.dispatch(1, 5, row_of({"a", "b", "c", "d", "e"}));
  engine.order_cancel(1);
  engine.order_cancel(3);
  CHECK(engine.said(Kind::returned) == Counters{1, 3});
  CHECK(engine.session.queued() == 3);
  engine.order_cancel(3);  // said twice
  CHECK(engine.said(Kind::returned) == Counters{1, 3});
  engine.session.start_next(engine.now);
  engine.order_cancel(5);  // behind the one that runs
  engine.session.finish(wire::OutcomeKind::value, {}, engine.now);
  CHECK(engine.run() == Ran{{4, "d"}});
  CHECK(engine.said(Kind::returned) == Counters{1, 3, 5});
  CHECK(engine.said(Kind::outcome) == Counters{2, 4});
}

TEST_CASE("an order may name a range, and a row of which nothing is left is forgotten") {
  Engine engine;
  engine.dispatch(1, 4, row_of({"a", "b", "c", "d"}));
  engine.order_cancel(1, 4);
  CHECK(engine.said(Kind::returned) == Counters{1, 2, 3, 4});
  CHECK(engine.run().empty());
}

TEST_CASE("rule 18: a recall takes the last items of a row, also of one that has begun") {
  Engine engine;
  engine.dispatch(1, 6, row_of({"a", "b", "c", "d", "e", "f"}));
  engine.session.start_next(engine.now);
  engine.order_cancel(5);
  const auto recall = [&](std::uint32_t items) {
    const detail::Buffer body = wire::pack(wire::RecallOrder{1, {11}, {items}});
    engine.controller.heard.clear();
    engine.controller.control.append(Header{.kind = Kind::recall}, {}, body.bytes());
    engine.exchange();
    Ranges returned;
    for (const wire::Heard& record : engine.controller.heard_of(Kind::returned))
      returned.emplace_back(record.counter, record.count);
    CHECK(engine.controller.heard_of(Kind::recalled).size() == 1);
    return returned;
  };
  CHECK(recall(2) == Ranges{{6, 1}, {4, 1}});
  CHECK(engine.session.queued() == 2);
  CHECK(recall(9) == Ranges{{2, 2}});
  CHECK(recall(9).empty());
  engine.session.finish(wire::OutcomeKind::value, {}, engine.now);
  CHECK(engine.run().empty());
}

TEST_CASE("an engine with one long row is asked for what others could run of it") {
  Tasks tasks;
  tasks.scheduler.activate(0, image);
  const TaskRef row = tasks.submit(1, 64);
  const Instant now = Instant{} + 1h;
  tasks.scheduler.dispatch(now);
  for (controller::EngineRef other = 1; other < 4; ++other)
    tasks.scheduler.activate(other, image);
  const auto recalls = tasks.scheduler.recall(now);
  REQUIRE(recalls.size() == 1);
  CHECK(recalls[0].engine == 0);
  CHECK(recalls[0].tasks == std::vector<TaskRef>{row});
  CHECK(recalls[0].items == std::vector<std::uint32_t>{48});  // three quarters for three others
}

TEST_CASE("rule 1: an engine says which items of a row it still holds") {
  Engine engine;
  engine.dispatch(1, 6, row_of({"a", "b", "c", "d", "e", "f"}));
  engine.session.start_next(engine.now);
  engine.session.finish(wire::OutcomeKind::value, {}, engine.now);
  engine.session.start_next(engine.now);
  engine.order_cancel(4);
  engine.now += 6s;
  engine.session.tick(engine.now);
  engine.open(2);
  const auto inventory = wire::unpack<wire::Inventory>(
      wire::bytes_of(engine.controller.heard_of(Kind::inventory).back().body));
  REQUIRE(inventory);
  CHECK(inventory->first == Counters{2, 3, 5});
  CHECK(inventory->count == std::vector<std::uint32_t>{1, 1, 2});
  CHECK(inventory->attempts == Counters{11, 11, 11});
}

TEST_CASE("rules 1 and 10: of a row, a client says again only the items that are open") {
  Instant now = Instant{} + 1h;
  FakeController controller;
  client::Session client{{}, now};
  const auto exchange = [&] {
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      client.receive_task(frame.records.bytes(), frame.chunk, now);
    client.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); });
  };
  exchange();
  client.receive_control(controller.welcome(1).bytes(), now);
  const auto outcomes = std::make_shared<detail::ItemOutcomes>();
  client.submit_items(0, "entry", {}, row_of({"a", "b", "c", "d", "e", "f"}), outcomes, 20, 6, now);
  exchange();
  REQUIRE(controller.heard_of(Kind::submit).size() == 1);
  CHECK(controller.heard_of(Kind::submit)[0].count == 6);
  CHECK(client.open() == 6);
  for (const std::uint64_t counter : {1, 4})
    controller.task.append(Header{.kind = Kind::outcome, .counter = counter});
  exchange();
  std::vector<detail::ItemOutcome> heard;
  outcomes->take(heard);
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].index == 20);
  CHECK(heard[1].index == 23);
  client.cancel(5);
  client.restart(now);
  exchange();
  controller.heard.clear();
  client.receive_control(controller.welcome(2).bytes(), now);  // by one that knows nothing
  exchange();
  CHECK(controller.heard_kinds() == std::vector<Kind>{Kind::attach, Kind::declare_code,
                                                      Kind::submit, Kind::submit, Kind::cancel,
                                                      Kind::inventory});
  const auto said = controller.heard_of(Kind::submit);
  CHECK(Ranges{{said[0].counter, said[0].count}, {said[1].counter, said[1].count}} ==
        Ranges{{2, 2}, {5, 2}});
  CHECK(items_of(wire::bytes_of(said[0].body)) == std::vector<std::string>{"b", "c"});
  CHECK(items_of(wire::bytes_of(said[1].body)) == std::vector<std::string>{"e", "f"});
}

TEST_CASE("a client takes what is new to it of the values of a row") {
  const Instant now = Instant{} + 1h;
  FakeController controller;
  client::Session client{{}, now};
  const auto exchange = [&] {
    for (const wire::Frame& frame : FakeController::frames(controller.task))
      client.receive_task(frame.records.bytes(), frame.chunk, now);
    client.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); });
  };
  exchange();
  client.receive_control(controller.welcome(1).bytes(), now);
  const auto outcomes = std::make_shared<detail::ItemOutcomes>();
  const auto pending = std::make_shared<detail::Pending>();
  client.submit(0, "entry", {}, {}, pending, now);
  CHECK(client.submit_items(0, "entry", {}, row_of({"a", "b", "c", "d"}), outcomes, 0, 4, now) ==
        2);
  const auto say_values = [&](std::uint64_t counter, const std::vector<std::string>& values) {
    controller.task.append(Header{.kind = Kind::outcome,
                                  .counter = counter,
                                  .count = static_cast<std::uint32_t>(values.size())},
                           {}, row_of(values).bytes());
    exchange();
    std::vector<detail::ItemOutcome> heard;
    outcomes->take(heard);
    return heard;
  };
  auto heard = say_values(3, {"B", "C"});
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].index == 1);
  CHECK(heard[0].count == 2);
  CHECK(items_of(heard[0].body.bytes()) == std::vector<std::string>{"B", "C"});
  CHECK(client.open() == 3);
  heard = say_values(2, {"A", "B", "C", "D"});
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].index == 0);
  CHECK(wire::text_of(heard[0].body.bytes()) == "A");
  CHECK(heard[1].index == 3);
  CHECK(wire::text_of(heard[1].body.bytes()) == "D");
  CHECK(client.open() == 1);
  CHECK(say_values(2, {"A", "B"}).empty());
  CHECK(client.duplicates_dropped() == 4);
  CHECK_FALSE(pending->is_settled());
  CHECK(client.open_bytes() == 0);
}

}  // namespace muster
