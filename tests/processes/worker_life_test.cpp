// The life of a worker's process: what runs in it first and last, after how much it is replaced,
// and what it is called.

#include <csignal>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <sched.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using muster::Pool;
using muster::TaskError;
using muster::test::Gate;
using muster::test::Sandbox;

namespace {

// What an initializer makes.
int initialized = 0;
std::string word;

void initialize() {
  ++initialized;
}
void initialize_with(const std::string& text, int times) {
  for (int i = 0; i < times; ++i)
    word += text;
}
void refuse() {
  throw std::out_of_range("no table");
}
void die() {
  ::raise(SIGSEGV);
}
void keep_a_model(muster::Context& context) {
  context.push("model", std::vector<double>{1, 2, 3});
}
void note_process(const std::string& gate) {
  muster::test::note(gate, "process-" + std::to_string(::getpid()));
}

int initializations(int) {
  return initialized;
}
std::string word_here() {
  return word;
}
double model_sum(muster::Context& context) {
  const auto& model = context.pull<std::vector<double>>("model");
  return std::accumulate(model.begin(), model.end(), 0.0);
}
std::int64_t own_pid(int) {
  return ::getpid();
}
std::string text_of(int length) {
  return std::string(static_cast<std::size_t>(length), 'x');
}
int die_first(muster::Context& context, int n) {
  if (n == 5 && context.attempt() == 1) ::raise(SIGKILL);
  return initialized;
}
int exit_for_ever(std::stop_token stop) {
  while (!stop.stop_requested())
    std::this_thread::sleep_for(1ms);
  return 1;
}
int slow(int n) {
  std::this_thread::sleep_for(std::chrono::milliseconds(n));
  return n;
}

int tasks_here = 0;
int count(int) {
  return ++tasks_here;
}
int counted() {
  return tasks_here;
}

std::vector<int> numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

TEST_CASE("an initializer runs once in each worker, before its first task") {
  Pool pool(3, {.initializer = muster::fn<initialize>});
  for (const int times : pool.map<initializations>(numbers(300)))
    REQUIRE(times == 1);
  CHECK(pool.apply<initializations>(0) == 1);
}

TEST_CASE("an initializer may have arguments and a context") {
  Pool pool(1, {.initializer = muster::fn<initialize_with>.with("ab", 3)});
  CHECK(pool.apply<word_here>() == "ababab");
  Pool other(1, {.initializer = muster::fn<keep_a_model>});
  CHECK(other.apply<model_sum>() == 6.0);
}

TEST_CASE("a process that takes the place of one that died is initialized again") {
  Pool pool(2, {.initializer = muster::fn<initialize>});
  for (const int times : pool.map<die_first>(numbers(20), {.chunk_size = 1}))
    CHECK(times == 1);
}

TEST_CASE("an initializer that throws is the error of the calls, and no wait hangs") {
  Pool pool(2, {.initializer = muster::fn<refuse>});
  try {
    pool.apply<initializations>(1);
    FAIL("it must throw");
  } catch (const TaskError& error) {
    CHECK_THAT(error.what(), Contains("initializer") && Contains("no table"));
    try {
      std::rethrow_if_nested(error);
      FAIL("it must have something nested");
    } catch (const std::exception&) {
    }
  }
  CHECK_THROWS_WITH(pool.map<initializations>(numbers(1000)), Contains("no table"));
  std::string text;
  pool.apply_async<initializations>(
      {1}, {.error_callback = [&](const std::exception& error) { text = error.what(); }});
  pool.close();
  pool.join();
  CHECK_THAT(text, Contains("no table"));
}

TEST_CASE("an initializer that ends its process quarantines the task that it ran for") {
  Pool pool(1, {.initializer = muster::fn<die>});
  CHECK_THROWS_AS(pool.apply<initializations>(1), muster::Quarantined);
}

TEST_CASE("a view of any cluster has an initializer, for its own tasks only") {
  const muster::Cluster cluster({.engines = 1});
  const auto plain = cluster.load_balanced_view();
  CHECK(plain.apply<initializations>(0).get() == 0);
  const auto view = plain.with({.initializer = muster::fn<initialize>});
  CHECK(view.apply<initializations>(0).get() == 1);
  CHECK(view.apply<initializations>(0).get() == 1);
  CHECK(view.apply<initializations>(0).get() == 1);
}

TEST_CASE("what an initializer takes is no time of its task's") {
  const auto wait = muster::fn<slow>.with(300);
  Pool pool(1, {.initializer = wait, .tasks = {.timeouts = {.run = 150ms}}});
  CHECK(pool.apply<initializations>(0) == 0);
}

TEST_CASE("a worker's process is replaced after its lifespan, and no task is lost or run twice") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  Pool pool(2, {.initializer = muster::fn<note_process>.with(gate.path()), .worker_lifespan = 5});
  const auto task = [](muster::Context& context, int n) {
    return std::tuple<std::int64_t, int, int, int>{::getpid(), ++tasks_here, context.attempt(), n};
  };
  std::map<std::int64_t, int> tasks;
  std::int64_t next = 0;
  for (const auto& [pid, nth, attempt, n] : pool.map(task, numbers(52))) {
    CHECK(n == next++);
    CHECK(attempt == 1);
    CHECK(nth <= 5);
    ++tasks[pid];
  }
  CHECK(next == 52);
  CHECK(tasks.size() >= 11);
  for (const auto& [pid, many] : tasks)
    CHECK(many <= 5);
  // Each of them was initialized.
  CHECK(gate.notes("process-").size() >= tasks.size());
}

TEST_CASE("a lifespan of one task is one process for each, whatever the tasks give") {
  Pool pool(2, {.worker_lifespan = 1});
  std::set<std::int64_t> pids;
  for (const std::int64_t pid : pool.map<own_pid>(numbers(10), {.chunk_size = 4}))
    CHECK(pids.insert(pid).second);
  // Large results stream, and arrive before their process is ended.
  const auto texts = pool.map<text_of>(std::vector<int>{1'000'000, 2'000'000, 3'000'000});
  CHECK(texts[2].size() == 3'000'000);
  const auto histories = pool.client().history();
  for (const muster::TaskRecord& record : histories)
    CHECK(record.ending == "value");
}

TEST_CASE(
    "an exit function runs in each worker when the pool is joined, and its results are there") {
  Pool pool(3, {.initializer = muster::fn<initialize>, .exit = muster::fn<counted>});
  CHECK_THROWS_WITH(pool.exit_results<int>(), Contains("join()"));
  pool.map<count>(numbers(100));
  pool.close();
  pool.join();
  const std::vector<int> counts = pool.exit_results<int>();
  CHECK(counts.size() == 3);
  CHECK(std::accumulate(counts.begin(), counts.end(), 0) == 100);
  CHECK_THROWS_WITH(Pool(1, {.exit = muster::fn<counted>, .worker_lifespan = 3}),
                    Contains("worker_lifespan"));
  Pool without(1);
  CHECK_THROWS_WITH(without.exit_results<int>(), Contains("PoolOptions::exit"));
}

TEST_CASE("an exit function that takes too long is given up, and join returns") {
  Pool pool(2, {.exit = muster::fn<exit_for_ever>, .exit_timeout = 50ms});
  CHECK(pool.apply<slow>(1) == 1);
  pool.close();
  pool.join();
  try {
    pool.exit_results<int>();
    FAIL("it has thrown");
  } catch (const muster::CompositeError& error) {
    CHECK_THAT(error.what(), Contains("run limit") || Contains("50"));
  }
}

TEST_CASE("workers are pinned to the CPUs that they are given, and others are refused by name") {
  const auto cpus_here = [] {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    ::sched_getaffinity(0, sizeof cpus, &cpus);
    std::vector<int> ids;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &cpus)) ids.push_back(cpu);
    }
    return ids;
  };
  const std::vector<int> usable = cpus_here();
  const int one = usable.front();
  const int other = usable.back();
  const auto cpus_of = [&](const Pool& pool) { return pool.client().all().apply(cpus_here).get(); };
  using Cpus = std::vector<std::vector<int>>;
  CHECK(cpus_of(Pool(3, {.cpu_ids = {one, other}})) == Cpus{{one}, {other}, {one}});
  CHECK(cpus_of(Pool(1, {.cpu_ids = {{one, other}}})).front() ==
        (one == other ? std::vector{one} : std::vector{one, other}));
  CHECK(cpus_of(Pool(1, {.cpu_ids = {std::to_string(one) + "-" + std::to_string(one)}})).front() ==
        std::vector{one});
  CHECK_THROWS_WITH(Pool(1, {.cpu_ids = {1000}}),
                    Contains("CPU 1000") && Contains(muster::CpuIds(usable).text()));
  CHECK_THROWS_WITH(muster::CpuIds("0-"), Contains("0-3,8"));
  CHECK_THROWS_WITH(muster::CpuIds("1,2x"), Contains("\"x\""));
  CHECK(muster::CpuIds("8,0-3").text() == "0-3,8");
}

TEST_CASE("a task knows the name, the number and the id of the process that runs it") {
  Pool pool(2, {.worker_lifespan = 1});
  const auto who = [](muster::Context& context, int) {
    const muster::CurrentProcess process = context.process();
    if (process.id != context.engine()) throw std::logic_error("another id");
    if (process.pid != ::getpid()) throw std::logic_error("another process");
    return process.name;
  };
  std::set<std::string> names;
  for (const std::string& name : pool.map(who, numbers(6)))
    CHECK(names.insert(name).second);
  CHECK(names.contains("engine-0"));
  CHECK(names.contains("engine-1"));
  CHECK((names.contains("engine-0.2") || names.contains("engine-1.2")));
}

TEST_CASE("what is wrong with a pool's exit is said of the option that is wrong") {
  CHECK_THROWS_WITH(Pool(1, {.exit = muster::fn<exit_for_ever>, .exit_timeout = -1s}),
                    Catch::Contains("PoolOptions::exit_timeout must be longer"));
  CHECK_THROWS_WITH(Pool(1, {.exit_timeout = 1s}), Catch::Contains("no exit function"));
}
