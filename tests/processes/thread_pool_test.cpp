// Pools whose workers are threads of the program (ClusterOptions::engines_as).

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

namespace {

using namespace std::chrono_literals;

std::atomic<int> calls_here{0};
std::atomic<int> ready_here{0};
std::mutex table_mutex;
std::string table_of_main;

int count_call(int n) {
  ++calls_here;
  return n * n;
}
std::string read_table(int n) {
  const std::scoped_lock lock(table_mutex);
  return table_of_main + std::to_string(n);
}
std::int64_t pid_here() {
  return ::getpid();
}
int engine_of(muster::Context& context, int) {
  return context.engine();
}
int refuse_four(int n) {
  if (n == 4) throw std::out_of_range("four");
  return n;
}
int with_client(int n) {
  return n + static_cast<int>(muster::Client().ids().size());
}
bool until_stopped(std::stop_token stop) {
  ++ready_here;
  while (!stop.stop_requested())
    std::this_thread::sleep_for(1ms);
  return true;
}
void make_ready() {
  ++ready_here;
}
int how_many_are_ready(int) {
  return ready_here.load();
}
std::size_t length_of(const std::string& text) {
  return text.size();
}
std::string of_length(std::size_t bytes) {
  return std::string(bytes, 'z');
}

double shared_at(muster::Context& context, std::size_t place) {
  return context.shared<std::vector<double>>("table")[place];
}

std::vector<int> ten() {
  return {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
}

}  // namespace

TEST_CASE("a pool of threads runs functions that share the program's memory") {
  muster::Pool pool(3, {.engines_as = muster::threads});
  calls_here = 0;
  {
    const std::scoped_lock lock(table_mutex);
    table_of_main = "made in main ";
  }
  CHECK(pool.map<count_call>(ten()) == std::vector<int>{1, 4, 9, 16, 25, 36, 49, 64, 81, 100});
  CHECK(calls_here == 10);
  CHECK(pool.apply<read_table>(7) == "made in main 7");
  CHECK(pool.apply<pid_here>() == ::getpid());
}

TEST_CASE("workers that are threads have ids, and are as many as were asked for") {
  muster::Pool pool(3, {.engines_as = muster::threads});
  CHECK(pool.client().ids() == std::vector<int>{0, 1, 2});
  std::set<int> engines;
  for (auto [i, engine] : pool.imap_unordered<engine_of>(std::vector<int>(100)))
    engines.insert(engine);
  for (const int engine : engines)
    CHECK((engine >= 0 && engine < 3));
}

TEST_CASE("what a function of a thread throws is an error, and the pool stays usable") {
  muster::Pool pool(2, {.engines_as = muster::threads});
  CHECK_THROWS_AS(pool.map<refuse_four>(ten()), muster::TaskError);
  CHECK(pool.apply<refuse_four>(5) == 5);
}

TEST_CASE("a task of a thread that takes too long times out for who waits, and can be stopped") {
  muster::Pool pool(1, {.engines_as = muster::threads});
  ready_here = 0;
  auto patient = pool.apply_async<until_stopped>();
  CHECK_THROWS_AS(patient.get(100ms), muster::TimedOut);
  patient.cancel();
  CHECK_THROWS_AS(patient.get(), muster::Cancelled);
  CHECK(pool.apply<count_call>(3) == 9);
}

TEST_CASE("the end of a pool of threads asks what runs to stop, and waits for it") {
  ready_here = 0;
  {
    muster::Pool pool(2, {.engines_as = muster::threads});
    pool.apply_async<until_stopped>();
    while (ready_here == 0)
      std::this_thread::yield();
  }
  CHECK(ready_here == 1);
}

TEST_CASE("each thread of a pool runs the initializer once, and the exit function") {
  ready_here = 0;
  muster::Pool pool(2, {.initializer = muster::fn<make_ready>,
                        .exit = muster::fn<pid_here>,
                        .engines_as = muster::threads});
  for (const int ready : pool.map<how_many_are_ready>(std::vector<int>(50)))
    CHECK((ready == 1 || ready == 2));
  pool.close();
  pool.join();
  CHECK(pool.exit_results<std::int64_t>() == std::vector<std::int64_t>{::getpid(), ::getpid()});
}

TEST_CASE("large arguments and results reach threads, too") {
  muster::Pool pool(2, {.engines_as = muster::threads});
  CHECK(pool.apply<length_of>(std::string(3'000'000, 'y')) == 3'000'000);
  CHECK(pool.apply<of_length>(std::size_t{3'000'000}).size() == 3'000'000);
}

TEST_CASE("threads see an object that is shared, also a large one") {
  muster::Pool pool(2, {.engines_as = muster::threads});
  std::vector<double> table(500'000, 0.5);
  table.back() = 7;
  pool.set_shared("table", table);
  CHECK(pool.apply<shared_at>(std::size_t{499'999}) == 7);
  CHECK(pool.apply<shared_at>(std::size_t{3}) == 0.5);
}

TEST_CASE("what only processes can have is refused for threads, with the reason") {
  using Catch::Contains;
  CHECK_THROWS_WITH(muster::Pool(1, {.worker_lifespan = 3, .engines_as = muster::threads}),
                    Contains("worker_lifespan is for workers that are processes"));
  CHECK_THROWS_WITH(muster::Pool(1, {.cpu_ids = {0}, .engines_as = muster::threads}),
                    Contains("cpu_ids is for engines that are processes"));
  CHECK_THROWS_WITH(
      muster::Cluster({.engines = 1, .memory_limit = 1 << 30, .engines_as = muster::threads}),
      Contains("memory_limit is for engines that are processes"));
}

TEST_CASE(
    "a client in a task of a thread has to say which cluster it means, and is told so at once") {
  muster::Pool pool(1, {.engines_as = muster::threads});
  CHECK_THROWS_WITH(pool.apply<with_client>(1), Catch::Contains("the program's own client"));
}
