// Tasks that outlive their client, and results that others read.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::Status;
using muster::TaskId;
using muster::TaskRecord;
using namespace muster::test;

namespace {

double half(double number) {
  if (number < 0) throw std::invalid_argument("negative");
  return number / 2;
}

double to_number(int number) {
  return number;
}

std::vector<double> numbers(std::size_t count) {
  return std::vector<double>(count, 1.0);
}

int wait_at_gate(const std::string& gate, std::stop_token stop) {
  note(gate, "started");
  return pass(gate, stop) ? 1 : 0;
}

/// Started by somebody who has left, or died.
void check_results(const muster::Client& client, const muster::AttachedSession& session) {
  session.wait();
  const std::vector<TaskRecord> tasks = session.history();
  REQUIRE(tasks.size() == 6);
  std::size_t failed = 0;
  for (const TaskRecord& task : tasks) {
    CHECK(task.label == "kept");
    const auto result = client.get_result<std::string>(task.id);
    result.wait();
    const muster::TaskInfo info = result.info();
    CHECK(info.engine == task.engine);
    CHECK(info.pid == task.pid);
    CHECK(info.run == task.run);
    CHECK(info.attempts == task.attempts);
    if (task.status == Status::failed) {
      ++failed;
      CHECK_THROWS_WITH(result.get(), Contains("not this one"));
    } else {
      CHECK(result.get() == std::string(task.id.number - 1, 'x'));
    }
  }
  CHECK(failed == 1);
}

}  // namespace

TEST_CASE("tasks go on when a client with a session handle leaves, and another one gets results") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const std::string file = cluster.sandbox().path() / "session";
  Child program({muster::test::program("detached_client"), gate.path(), file, "6"},
                cluster.sandbox().path() / "outputs");
  CHECK(program.wait().code == 0);
  const muster::Client client;
  const auto session = client.attach(muster::Session::load(file));
  CHECK_THAT(session.program(), Contains("detached_client"));
  CHECK(session.history({.status = Status::open}).size() == 6);
  gate.open();
  check_results(client, session);
  // Reading takes nothing away.
  check_results(client, client.attach(muster::Session::load(file)));
}

TEST_CASE("tasks go on when a client with a session handle is killed") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const std::string file = cluster.sandbox().path() / "session";
  Child program({muster::test::program("detached_client"), gate.path(), file, "6", "stay"},
                cluster.sandbox().path() / "outputs");
  REQUIRE(program.has_said("submitted"));
  const muster::Client client;
  const auto session = client.attach(muster::Session::load(file));
  CHECK(session.connected());
  REQUIRE(eventually([&] { return session.history().size() == 6; }));
  program.signal(SIGKILL);
  program.wait();
  // It is given up when it hasn't come back for some seconds.
  REQUIRE(eventually([&] { return !client.attach(muster::Session::load(file)).connected(); }));
  gate.open();
  check_results(client, session);
}

TEST_CASE("the handle of a session is text that can be written down") {
  const Cluster cluster(1);
  const muster::Client client;
  const muster::Session session = client.session();
  CHECK(session == client.session());
  CHECK(muster::Session::parse(session.text()) == session);
  const std::filesystem::path file = cluster.sandbox().path() / "session";
  session.save(file);
  CHECK(muster::Session::load(file) == session);
  CHECK_THROWS_WITH(muster::Session::parse("yesterday's"), Contains("no handle of a session"));
  std::filesystem::permissions(file, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  CHECK_THROWS_AS(muster::Session::load(file), muster::ClusterError);

  std::string guessed = session.text();
  guessed.back() = guessed.back() == '0' ? '1' : '0';
  CHECK_THROWS_WITH(client.attach(muster::Session::parse(guessed)), Contains("no such session"));
  std::string elsewhere = session.text();
  elsewhere.front() = elsewhere.front() == '0' ? '1' : '0';
  CHECK_THROWS_WITH(client.attach(muster::Session::parse(elsewhere)), Contains("another cluster"));
}

TEST_CASE("another client gets equal results by the ids of tasks, also large ones and items") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto before = view.apply<half>(1.0);
  before.get();
  const muster::Client other;
  CHECK_THROWS_WITH(other.get_result<double>(before.id()), Contains("Client::session"));

  client.session();
  CHECK_THROWS_WITH(other.get_result<double>(before.id()), Contains("is not kept"));
  const auto large = view.apply<numbers>(std::size_t{100'000});
  CHECK(large.get() == numbers(100'000));
  CHECK(other.get_result<std::vector<double>>(large.id()).get() == numbers(100'000));
  const auto own = client.get_result<std::vector<double>>(large.id());
  CHECK(own.get() == numbers(100'000));
  CHECK(own.id() == large.id());

  const std::vector<double> inputs{2, 4, -1, 8};
  auto map = view.with({.label = "map", .chunk = 4}).map<half>(inputs);
  map.wait();
  REQUIRE(eventually([&] {
    std::size_t ended = 0;
    for (const TaskRecord& task : other.history({.label = "map"}))
      ended += task.status == Status::open ? 0 : task.items;
    return ended == inputs.size();
  }));
  TaskId first{large.id().session, UINT64_MAX};
  for (const TaskRecord& task : other.history({.label = "map"}))
    first = std::min(first, task.id);
  for (std::uint64_t i = 0; i < inputs.size(); ++i) {
    const auto item = other.get_result<double>({first.session, first.number + i});
    if (inputs[i] < 0) {
      CHECK_THROWS_WITH(item.get(), Contains("negative"));
    } else {
      CHECK(item.get() == inputs[i] / 2);
    }
  }
  CHECK_THROWS_WITH(other.get_result<double>({first.session, 1000}), Contains("no such task"));
}

TEST_CASE("who has asked for a result gets it when the task ends, and may cancel the task") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  client.session();
  const auto view = client.load_balanced_view();
  const auto running = view.apply<wait_at_gate>(gate.path());
  const auto waiting = view.apply<half>(2.0);
  REQUIRE(gate.has_notes("started", 1));
  const muster::Client other;
  const auto copy = other.get_result<int>(running.id());
  const auto copy_of_waiting = other.get_result<double>(waiting.id());
  CHECK_FALSE(copy.ready());
  copy_of_waiting.request_cancel();
  CHECK_THROWS_AS(waiting.get(), muster::Cancelled);
  CHECK_THROWS_AS(copy_of_waiting.get(), muster::Cancelled);
  gate.open();
  CHECK(copy.get() == 1);
  CHECK(running.get() == 1);
}

TEST_CASE("tasks that failed are found in the history and run again") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  client.session();
  const auto view = client.load_balanced_view();
  view.with({.label = "anneal 1"}).apply<half>(1.0).wait();
  view.with({.label = "anneal 2", .retries = 1}).apply<half>(-1.0).wait();
  const muster::Client other;
  std::vector<muster::AsyncResult<double>> again;
  for (const auto& task : other.history({.label = "anneal*", .status = Status::failed}))
    again.push_back(other.resubmit<double>(task.id));
  REQUIRE(again.size() == 1);
  CHECK_THROWS_WITH(again.front().get(), Contains("negative"));
  CHECK(again.front().info().attempts == 2);
  CHECK(other.history({.label = "anneal 2"}).size() == 2);

  // Again and again, if who did it has a session of its own that is kept.
  other.session();
  const auto good = client.history({.label = "anneal 1"});
  REQUIRE(good.size() == 1);
  const auto second = other.resubmit<double>(good.front().id);
  CHECK(second.get() == 0.5);
  CHECK(second.id() != good.front().id);
  CHECK(client.resubmit<double>(second.id()).get() == 0.5);

  // One that never started, because another failed before it, has what it needs. Not so one that
  // was to get that one's value.
  const auto bad = view.apply<half>(-1.0);
  const auto after_bad = view.with({.label = "after", .after = {bad}}).apply<half>(4.0);
  CHECK_THROWS_AS(after_bad.get(), muster::ImpossibleDependency);
  CHECK(other.resubmit<double>(after_bad.id()).get() == 2);
  const auto of_bad = view.apply<half>(bad);
  CHECK_THROWS_AS(of_bad.get(), muster::ImpossibleDependency);
  CHECK_THROWS_WITH(other.resubmit(of_bad.id()), Contains("some of its arguments"));

  const auto running = view.apply<wait_at_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  // One that was cancelled: it waits behind that, and after it.
  const auto cancelled = view.with({.after = {running}}).apply<half>(8.0);
  cancelled.cancel();
  CHECK_THROWS_AS(cancelled.get(bound), muster::Cancelled);
  const auto renewed = other.resubmit<double>(cancelled.id());
  // One that runs, and an item of a map that is queued.
  const auto twin = other.resubmit<int>(running.id());
  const std::vector<double> inputs{2, 4, 8};
  auto map = view.with({.label = "map", .chunk = 3}).map<half>(inputs);
  REQUIRE(eventually([&] { return !other.history({.label = "map"}).empty(); }));
  const TaskId first_item = other.history({.label = "map"}).front().id;
  const auto item = other.resubmit<double>({first_item.session, first_item.number + 1});
  const auto held_back = view.with({.label = "held", .after = {running}}).apply<half>(8.0);
  REQUIRE(eventually([&] { return !other.history({.label = "held"}).empty(); }));
  CHECK_THROWS_WITH(other.resubmit(held_back.id()), Contains("waits for other tasks"));
  CHECK_THROWS_WITH(other.purge({running.id()}), Contains(running.id().text() + " has not ended"));
  gate.open();
  CHECK(running.get() == 1);
  CHECK(renewed.get(bound) == 4);
  CHECK(twin.get(bound) == 1);
  CHECK(twin.id() != running.id());
  CHECK(map.get(bound) == std::vector<double>{1, 2, 4});
  CHECK(item.get(bound) == 2);
  CHECK(held_back.get(bound) == 4);

  CHECK(other.purge({running.id()}) == 1);
  CHECK(client.history({.id = running.id()}).empty());
  CHECK_THROWS_AS(other.get_result<int>(running.id()), muster::ClusterError);
  CHECK(other.purge_all() == 17);
  CHECK(client.history().empty());
}

TEST_CASE(
    "a result is passed on to the task that has it as an argument, though their program left") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  std::optional<muster::Client> program(std::in_place);
  program->session();
  const auto view = program->load_balanced_view();
  const auto first = view.apply<wait_at_gate>(gate.path());
  const TaskId last = view.apply<half>(view.apply<to_number>(first)).id();
  REQUIRE(gate.has_notes("started", 1));
  program.reset();
  const muster::Client other;
  const auto result = other.get_result<double>(last);
  gate.open();
  CHECK(result.get(bound) == 0.5);
}

TEST_CASE("who waits for another program's tasks goes on to wait when the controller is killed") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const muster::Session session = client.session();
  const auto running = client.load_balanced_view().apply<wait_at_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  const muster::Client other;
  const muster::AttachedSession attached = other.attach(session);
  const auto copy = other.get_result<int>(running.id());
  std::atomic<bool> over = false;
  std::thread waits([&] {
    attached.wait();
    over = true;
  });
  REQUIRE(eventually([&] { return other.outstanding() == 2; }));
  for (int i = 0; i < 3; ++i) {
    cluster.kill_controller();
    // Both are back, and have said what they wait for.
    CHECK(eventually([&] { return client.history().size() == 1; }));
    CHECK_FALSE(other.get_result<int>(running.id()).ready());
    CHECK_FALSE(over);
    CHECK_FALSE(copy.ready());
  }
  gate.open();
  waits.join();
  CHECK(copy.get(bound) == 1);
  CHECK(running.get(bound) == 1);
}

TEST_CASE("a controller that is started again keeps the sessions of clients that are there") {
  const Cluster cluster(1);
  const muster::Client client;
  const muster::Session session = client.session();
  const auto view = client.load_balanced_view();
  const auto before = view.apply<half>(1.0);
  CHECK(before.get() == 0.5);
  cluster.kill_controller();
  const auto after = view.apply<half>(3.0);
  CHECK(after.get() == 1.5);
  const muster::Client other;
  CHECK(other.attach(session).connected());
  CHECK(other.get_result<double>(after.id()).get() == 1.5);
  // What its predecessor had is gone, and it says so.
  CHECK(other.history({.id = before.id()}).empty());
  CHECK_THROWS_AS(other.get_result<double>(before.id()), muster::ClusterError);
}
