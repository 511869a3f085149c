// What a cluster remembers of tasks, for their client, for others, and for the shell.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::HistoryQuery;
using muster::Status;
using muster::TaskRecord;
using namespace muster::test;

namespace {

double half(double number) {
  if (number < 0) throw std::invalid_argument("negative");
  return number / 2;
}

std::vector<double> halves(int count) {
  return std::vector<double>(static_cast<std::size_t>(count), 0.5);
}

double end_the_process(double) {
  std::abort();
}

int wait_at_gate(const std::string& gate, std::stop_token stop) {
  note(gate, "started");
  return pass(gate, stop) ? 1 : 0;
}

/// Also that it should stop.
int ignore_all(const std::string& gate) {
  note(gate, "ignores-" + std::to_string(::getpid()));
  pass(gate);
  return 1;
}

std::vector<std::string> labels(const std::vector<TaskRecord>& tasks) {
  std::vector<std::string> found;
  for (const TaskRecord& task : tasks)
    found.push_back(task.label);
  std::sort(found.begin(), found.end());
  return found;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("the history tells any client how, where and when each task has ended") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto good = view.with({.label = "good"}).apply<half>(3.0);
  const auto bad = view.with({.label = "bad", .retries = 1}).apply<half>(-1.0);
  CHECK(good.get() == 1.5);
  CHECK_THROWS_AS(bad.get(), muster::TaskError);

  const muster::Client other;
  const std::vector<TaskRecord> tasks = other.history();
  REQUIRE(tasks.size() == 2);
  const std::vector<TaskRecord> found = other.history({.id = good.id()});
  REQUIRE(found.size() == 1);
  const TaskRecord& task = found.front();
  const muster::TaskInfo info = good.info();
  CHECK(task.id == good.id());
  CHECK(task.items == 1);
  CHECK(task.label == "good");
  CHECK_THAT(task.function, Contains("half"));
  CHECK_THAT(task.program, Contains("history_test"));
  CHECK(task.client_pid == ::getpid());
  CHECK(task.status == Status::succeeded);
  CHECK(task.ending == "value");
  CHECK(task.engine == info.engine);
  CHECK(task.pid == info.pid);
  CHECK(task.host == info.host);
  CHECK(task.attempts == 1);
  CHECK(task.run == info.run);
  CHECK(task.submitted <= task.started);
  CHECK(task.started <= task.completed);
  CHECK(task.completed <= task.received);

  const std::vector<TaskRecord> failed = other.history({.status = Status::failed});
  REQUIRE(failed.size() == 1);
  CHECK(failed.front().label == "bad");
  CHECK(failed.front().ending == "exception");
  CHECK(failed.front().attempts == 2);
}

TEST_CASE("the history tells also of tasks that were ended by force where and how long they ran") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto limited = view.with({.timeouts = {.run = std::chrono::milliseconds(50)}});
  const auto crashed = view.with({.max_crashes = 1}).apply<end_the_process>(1.0);
  CHECK_THROWS_AS(crashed.get(bound), muster::Quarantined);
  const auto late = limited.apply<ignore_all>(gate.path());
  CHECK_THROWS_AS(late.get(bound), muster::TimedOut);
  const auto addressed = client[1].apply<end_the_process>(1.0);
  CHECK_THROWS_AS(addressed.get(bound), muster::EngineLost);
  const auto unwanted = view.apply<ignore_all>(gate.path());
  REQUIRE(gate.has_notes("ignores", 2));
  REQUIRE(eventually([&] { return !client.history({.status = Status::open}).empty(); }));
  unwanted.request_cancel();
  gate.open();
  CHECK_THROWS_AS(unwanted.get(bound), muster::Cancelled);
  for (const muster::TaskId id : {crashed.id(), late.id(), addressed.id(), unwanted.id()}) {
    INFO(id.text());
    const std::vector<TaskRecord> found = client.history({.id = id});
    REQUIRE(found.size() == 1);
    const TaskRecord& task = found.front();
    CHECK(task.engine >= 0);
    CHECK(task.pid > 0);
    CHECK_FALSE(task.host.empty());
    CHECK(task.submitted <= task.started);
    CHECK(task.started <= task.completed);
    CHECK(task.run > std::chrono::milliseconds(0));
  }
  CHECK(addressed.info().engine == 1);
  CHECK(crashed.info().pid > 0);
}

TEST_CASE("a query has several conditions, and all of them hold") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  for (const char* label : {"anneal 1", "anneal 2", "boil", ""}) {
    for (const double number : {1.0, -1.0})
      view.with({.label = label}).apply<half>(number).wait();
  }
  CHECK(client.history().size() == 8);
  CHECK(labels(client.history({.label = "anneal*", .status = Status::failed})) ==
        Labels{"anneal 1", "anneal 2"});
  CHECK(labels(client.history({.label = muster::one_of({"boil", "fry"})})) ==
        Labels{"boil", "boil"});
  CHECK(client.history({.label = muster::none_of({"boil", ""})}).size() == 4);
  CHECK(client.history({.label = muster::greater_than("anneal 1") && muster::less_than("c")})
            .size() == 4);
  CHECK(client.history({.label = muster::not_equal_to("")}).size() == 6);
  CHECK(client.history({.label = muster::equal_to("anneal*")}).empty());
  CHECK(
      client.history({.function = "*half*", .engine = 0, .attempts = muster::at_least(1)}).size() ==
      8);
  CHECK(client.history({.engine = muster::at_least(1)}).empty());
  CHECK(client.history({.run = muster::less_than(std::chrono::hours(1))}).size() == 8);
  CHECK(client.history({.run = muster::greater_than(std::chrono::hours(1))}).empty());
  const auto now = std::chrono::system_clock::now();
  using std::chrono::hours;
  CHECK(client
            .history(
                {.completed = muster::at_least(now - hours(1)) && muster::at_most(now + hours(1))})
            .size() == 8);
  CHECK(client.history({.submitted = muster::less_than(now - hours(1))}).empty());
  // The latest, in the order in which they ended.
  const std::vector<TaskRecord> latest = client.history({.limit = 3});
  REQUIRE(latest.size() == 3);
  CHECK(latest[0].label == "boil");
  CHECK(latest[1].status == Status::succeeded);
  CHECK(latest[2].status == Status::failed);
}

TEST_CASE("tasks that wait and tasks that run are in the history, and last") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view();
  view.apply<half>(1.0).get();
  const auto running = view.with({.label = "running"}).apply<wait_at_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  const auto waiting = view.with({.label = "waiting", .after = {running}}).apply<half>(2.0);
  REQUIRE(eventually([&] { return client.history({.status = Status::open}).size() == 2; }));
  const std::vector<TaskRecord> tasks = client.history();
  REQUIRE(tasks.size() == 3);
  CHECK(tasks[0].ending == "value");
  CHECK(tasks[1].label == "running");
  CHECK(tasks[1].engine == 0);
  CHECK(eventually([&] { return client.history({.id = running.id()}).front().running; }));
  // Its engine says since when with its next heartbeat.
  CHECK(eventually(
      [&] { return client.history({.id = running.id()}).front().started > TaskRecord().started; }));
  CHECK(client.history({.id = running.id()}).front().attempts == 1);
  CHECK_FALSE(tasks[2].running);
  CHECK_THAT(cluster.sandbox().muster({"history"}).out,
             Contains("open: runs") && Contains("open: waits"));
  CHECK(tasks[1].ending.empty());
  CHECK(tasks[2].label == "waiting");
  CHECK(tasks[2].engine == -1);

  const muster::QueueStatus queues = client.queue_status();
  REQUIRE(queues.engines.size() == 1);
  CHECK(queues.engines[0].ready);
  CHECK(queues.engines[0].held == 1);
  CHECK(queues.engines[0].completed == 1);
  CHECK(queues.waiting == 1);

  // Also those of others can be cancelled by their ids.
  const muster::Client other;
  CHECK(other.cancel(waiting.id()) == muster::CancelOutcome::cancelled);
  CHECK(other.cancel(running.id()) == muster::CancelOutcome::running);
  CHECK_THROWS_AS(waiting.get(), muster::Cancelled);
  CHECK_THROWS_AS(running.get(), muster::Cancelled);
  CHECK(client.history({.id = running.id()}).front().attempts == 1);
  CHECK(other.cancel(running.id()) == muster::CancelOutcome::finished);
  CHECK_THROWS_WITH(other.cancel({running.id().session, 1000}), Contains("knows no such task"));
}

TEST_CASE("a history of few records keeps the latest, and a map is few records") {
  const Cluster cluster(1, {"--history", "10"});
  const muster::Client client;
  const auto view = client.load_balanced_view();
  for (int i = 0; i < 15; ++i)
    view.with({.label = "task " + std::to_string(i)}).apply<half>(i).get();
  const std::vector<TaskRecord> tasks = client.history();
  REQUIRE(tasks.size() == 10);
  CHECK(tasks.front().label == "task 5");
  CHECK(tasks.back().label == "task 14");

  const std::vector<double> numbers(5000, 1.0);
  for (const double result : view.with({.label = "map", .chunk = 1000}).map<half>(numbers))
    CHECK(result == 0.5);
  std::size_t items = 0;
  for (const TaskRecord& task : client.history({.label = "map"}))
    items += task.items;
  CHECK(items > 10);
}

TEST_CASE("muster history shows tasks as a table and as JSON, those that meet the conditions") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  view.with({.label = "good"}).apply<half>(1.0).get();
  const auto bad = view.with({.label = "bad"}).apply<half>(-1.0);
  bad.wait();
  const Sandbox& sandbox = cluster.sandbox();
  const Finished table = sandbox.muster({"history"});
  CHECK(table.code == 0);
  CHECK_THAT(table.out, Contains("failed: exception") && Contains("half"));
  CHECK_THAT(table.out, Contains(bad.id().text()) && Contains("good"));

  const Finished json =
      sandbox.muster({"history", "--where", "label=b*", "--where", "status=failed", "--json"});
  CHECK(json.code == 0);
  const nlohmann::json tasks = nlohmann::json::parse(json.out);
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].at("id") == bad.id().text());
  CHECK(tasks[0].at("engine") == 0);
  CHECK(tasks[0].at("run_s") >= 0);
  CHECK_THAT(sandbox.muster({"history", "--where", "run>1h"}).out, Contains("no such tasks"));
  CHECK_THAT(sandbox.muster({"history", "--where", "completed>=-1h", "-n", "1"}).out,
             Contains("bad") && !Contains("good"));
  const Finished wrong = sandbox.muster({"history", "--where", "colour=red"});
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Contains("the keys are"));
}

TEST_CASE("muster result, cancel, resubmit and purge know tasks by their ids") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const Sandbox& sandbox = cluster.sandbox();
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto early = view.apply<half>(1.0);
  early.get();
  client.session();
  const auto good = view.apply<half>(3.0);
  const auto bad = view.apply<half>(-1.0);
  const auto several = view.apply<halves>(3);
  several.wait();
  CHECK(sandbox.muster({"result", good.id().text()}).out == "1.5\n");
  CHECK(sandbox.muster({"result", several.id().text()}).out == "[0.5,0.5,0.5]\n");
  const Finished failed = sandbox.muster({"result", bad.id().text()});
  CHECK(failed.code == 1);
  CHECK_THAT(failed.err, Contains("negative"));
  const Finished lost = sandbox.muster({"result", early.id().text()});
  CHECK(lost.code == 1);
  CHECK_THAT(lost.err, Contains("not kept"));
  CHECK(sandbox.muster({"result", "yesterday's"}).code == 2);

  const Finished again = sandbox.muster({"resubmit", good.id().text(), bad.id().text()});
  CHECK(again.code == 0);
  const std::string before = good.id().text() + " runs again as ";
  REQUIRE(again.out.starts_with(before));
  const std::string id = again.out.substr(before.size(), again.out.find('\n') - before.size());
  CHECK(sandbox.muster({"result", id}).out == "1.5\n");

  const auto running = view.apply<wait_at_gate>(gate.path());
  const auto waiting = view.apply<half>(1.0);
  REQUIRE(gate.has_notes("started", 1));
  CHECK(sandbox.muster({"result", waiting.id().text(), "--timeout", "0.01"}).code == 124);
  const Finished cancelled =
      sandbox.muster({"cancel", waiting.id().text(), running.id().text(), good.id().text()});
  CHECK(cancelled.code == 0);
  CHECK_THAT(cancelled.out, Contains("runs, and is asked to stop") && Contains("has ended before"));
  CHECK_THROWS_AS(running.get(), muster::Cancelled);
  CHECK_THROWS_AS(waiting.get(), muster::Cancelled);

  CHECK(sandbox.muster({"purge"}).code == 2);
  CHECK(sandbox.muster({"purge", good.id().text()}).out == "1 task forgotten\n");
  const Finished unknown = sandbox.muster({"purge", "deadbeef-1"});
  CHECK(unknown.code == 1);
  CHECK_THAT(unknown.err, Contains("none of these tasks"));
  CHECK(sandbox.muster({"result", good.id().text()}).code == 1);
  CHECK(sandbox.muster({"purge", "--all"}).code == 0);
  CHECK_THAT(sandbox.muster({"history"}).out, Contains("no such tasks"));
}
