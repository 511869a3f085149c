// A pool of workers: what multiprocessing.Pool does, with this program's own processes.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"
#include "tests/unit/endless.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using muster::ClusterError;
using muster::Pool;
using muster::TaskError;
using muster::test::Endless;
using muster::test::Gate;
using muster::test::Sandbox;

namespace {

int square(int n) {
  return n * n;
}
int multiply(int a, int b) {
  return a * b;
}
std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}
int number_of_arguments() {
  return 0;
}
void nothing(int) {}
int refuse_seven(int n) {
  if (n == 7) throw std::out_of_range("seven");
  return n;
}
std::int64_t own_pid(int) {
  return ::getpid();
}
int engine_after(muster::Context& context, int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  return context.engine();
}
/// Also ends when somebody asks it to.
bool behind_gate(const std::string& gate, std::stop_token stop) {
  return muster::test::pass(gate, stop);
}
int number_behind_gate(const std::string& gate, int number) {
  muster::test::pass(gate);
  return number;
}

std::vector<int> numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}
std::vector<int> squares(int count) {
  std::vector<int> values = numbers(count);
  for (int& value : values)
    value *= value;
  return values;
}

}  // namespace

TEST_CASE("a pool applies functions and lambdas, and gives what they return or throws it") {
  Pool pool(2);
  CHECK(pool.apply<square>(3) == 9);
  CHECK(pool.apply([](int a, int b) { return a - b; }, 7, 5) == 2);
  CHECK(pool.apply<repeated>("ab", 2) == "abab");
  CHECK_THROWS_AS(pool.apply<refuse_seven>(7), TaskError);
  CHECK(pool.apply<refuse_seven>(8) == 8);
}

TEST_CASE("apply_async takes its arguments in braces, any number of them") {
  Pool pool(2);
  CHECK(pool.apply_async<square>({3}).get() == 9);
  CHECK(pool.apply_async<repeated>({"xy", 3}).get() == "xyxyxy");
  CHECK(pool.apply_async<number_of_arguments>().get() == 0);
  CHECK(pool.apply_async<number_of_arguments>({}).get() == 0);
  CHECK(pool.apply_async([](int a) { return a + 1; }, {1}).get() == 2);
}

TEST_CASE("callbacks get values, error callbacks errors, and join returns when all were made") {
  Pool pool(3);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  int total = 0;
  int calls = 0;
  std::vector<std::string> errors;
  for (int i = 0; i < 20; ++i) {
    pool.apply_async<refuse_seven>({i}, {.callback =
                                             [&](int value) {
                                               const std::scoped_lock lock(mutex);
                                               threads.insert(std::this_thread::get_id());
                                               total += value;
                                               ++calls;
                                             },
                                         .error_callback =
                                             [&](const std::exception& error) {
                                               const std::scoped_lock lock(mutex);
                                               threads.insert(std::this_thread::get_id());
                                               errors.emplace_back(error.what());
                                             }});
  }
  pool.apply_async<nothing>({1}, {.callback = [&] { ++calls; }});
  pool.close();
  pool.join();
  CHECK(calls == 20);
  CHECK(total == 19 * 20 / 2 - 7);
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], Contains("seven"));
  CHECK(threads.size() == 1);
  CHECK_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_CASE("map gives all values in the order of the input, of functions and of lambdas") {
  Pool pool(3);
  const std::vector<int> input = numbers(5000);
  const std::vector<int> values = pool.map<square>(input);
  CHECK(values == squares(5000));
  CHECK(pool.map([](int n) { return n * n; }, input, {.chunk_size = 7}) == values);
  CHECK(pool.map<square>(std::vector<int>{}).empty());
  static_assert(std::is_void_v<decltype(pool.map<nothing>(input))>);
  pool.map<nothing>(input);
}

TEST_CASE("a map gives up with the first item that fails, names it, and leaves the pool usable") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  Pool pool(2);
  // Item 0 never ends by itself: the error isn't behind it.
  const auto task = [](muster::Context& context, const std::string& at, int n) {
    if (n == 0) return muster::test::pass(at, context.stop());
    throw std::out_of_range("item " + std::to_string(n));
  };
  std::vector<std::tuple<std::string, int>> input;
  for (int i = 0; i < 2; ++i)
    input.emplace_back(gate.path(), i);
  try {
    pool.starmap(task, input, {.chunk_size = 1});
    FAIL("it must throw");
  } catch (const TaskError& error) {
    CHECK_THAT(error.what(), Contains("item 1"));
    CHECK(muster::item_of(error) == 1u);
  }
  CHECK(pool.map<square>(numbers(10)) == squares(10));
}

TEST_CASE("starmap takes ranges of tuples and of pairs, and refuses nothing that map can convert") {
  Pool pool(2);
  const std::vector<std::tuple<int, int>> tuples{{1, 2}, {3, 4}, {5, 6}};
  CHECK(pool.starmap<multiply>(tuples) == std::vector{2, 12, 30});
  const std::map<int, int> pairs{{2, 10}, {3, 20}};
  CHECK(pool.starmap<multiply>(pairs) == std::vector{20, 60});
  auto later = pool.starmap_async<repeated>(
      std::vector<std::tuple<const char*, int>>{{"a", 1}, {"b", 3}}, {.chunk_size = 1});
  CHECK(later.get() == std::vector<std::string>{"a", "bbb"});
  const auto added = pool.starmap([](int a, int b) { return a + b; }, tuples);
  CHECK(added == std::vector{3, 7, 11});
}

TEST_CASE("map_async returns at once and can be got, also after the pool was closed and joined") {
  Pool pool(2);
  // More than are read before somebody waits.
  const std::vector<int> input = numbers(20'000);
  auto later = pool.map_async<square>(input);
  pool.close();
  pool.join();
  CHECK(later.get() == squares(20'000));
}

TEST_CASE("the callback of a map gets all values together, though nobody waits for the map") {
  Pool pool(2);
  std::atomic<int> calls = 0;
  std::vector<int> got;
  auto later =
      pool.map_async<square>(numbers(10'000), {.callback = [&](const std::vector<int>& all) {
                               got = all;
                               ++calls;
                             }});
  CHECK(muster::test::eventually([&] { return calls == 1; }));
  CHECK(got == squares(10'000));
  CHECK(later.get() == got);
  CHECK_THROWS_WITH(later.begin(), Contains("get() them"));
}

TEST_CASE("the error callback of a map gets what get() throws") {
  Pool pool(2);
  std::string text;
  auto later = pool.map_async<refuse_seven>(
      numbers(10), {.callback = [](const std::vector<int>&) { FAIL("it has failed"); },
                    .error_callback = [&](const std::exception& error) { text = error.what(); }});
  CHECK_THROWS_AS(later.get(), TaskError);
  pool.close();
  pool.join();
  CHECK_THAT(text, Contains("seven"));
}

TEST_CASE("a thread may wait for a map while its callback is on its way") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  Pool pool(2);
  std::atomic<int> calls = 0;
  const std::vector<std::tuple<std::string, int>> input{{gate.path(), 1}, {gate.path(), 2}};
  auto later = pool.starmap_async<number_behind_gate>(
      input, {.callback = [&](const std::vector<int>&) { ++calls; }});
  CHECK_FALSE(later.ready());
  CHECK_FALSE(later.wait_for(1ms));
  std::thread opens([&] { gate.open(); });
  CHECK(later.get() == std::vector{1, 2});
  opens.join();
  pool.close();
  pool.join();
  CHECK(calls == 1);
}

TEST_CASE("imap gives values in order, imap_unordered each once, with its index") {
  Pool pool(3);
  int next = 0;
  bool all_right = true;
  for (const int value : pool.imap<square>(numbers(1000), {.chunk_size = 10}))
    all_right = all_right && value == square(next++);
  CHECK(all_right);
  CHECK(next == 1000);
  std::map<std::size_t, int> seen;
  for (auto [index, value] : pool.imap_unordered<square>(numbers(1000)))
    REQUIRE(seen.emplace(index, value).second);
  CHECK(seen.size() == 1000);
  for (const auto& [index, value] : seen)
    CHECK(value == static_cast<int>(index * index));
}

TEST_CASE("an endless input is read no further than max_tasks_active ahead of what is used") {
  Pool pool(1);  // so that none is late
  int read = 0;
  int used = 0;
  for (const int value : pool.imap<square>(Endless(read), {.max_tasks_active = 16})) {
    CHECK(value == used * used);
    CHECK(read <= used + 16);
    if (++used == 500) break;
  }
  CHECK(used == 500);
}

TEST_CASE("iterable_len ends an input that has no end, and says how long it is") {
  Pool pool(2);
  int read = 0;
  CHECK(pool.map<square>(Endless(read), {.iterable_len = 100}) == squares(100));
  CHECK(read == 100);
  auto later = pool.map_async<square>(Endless(read), {.iterable_len = 5});
  CHECK(later.size() == 5u);
}

TEST_CASE("n_splits divides an input among so many tasks, and needs to know how long it is") {
  Pool pool(2);
  CHECK(pool.map<square>(numbers(100), {.n_splits = 7}) == squares(100));
  int read = 0;
  CHECK_THROWS_WITH(pool.map<square>(Endless(read), {.n_splits = 7}), Contains("iterable_len"));
  CHECK(pool.map<square>(Endless(read), {.n_splits = 7, .iterable_len = 3}).size() == 3);
  CHECK_THROWS_WITH(pool.map<square>(numbers(9), {.chunk_size = 2, .n_splits = 3}),
                    Contains("one of them"));
}

TEST_CASE("chunks of 4 of 23 tasks on 8 workers: five get 4, one gets 3, two get none") {
  Pool pool(8);
  // All of them are there: else there is nobody to idle.
  CHECK(pool.client().all().apply<own_pid>(0).get().size() == 8);
  for (int round = 0; round < 3; ++round) {
    std::map<int, int> tasks;
    // Unequal, and long enough that idle workers would be given what others haven't begun.
    std::vector<int> lengths;
    for (int i = 0; i < 23; ++i)
      lengths.push_back(3 + i * 7 % 11);
    for (const int engine : pool.map<engine_after>(lengths, {.chunk_size = 4}))
      ++tasks[engine];
    std::vector<int> counts;
    for (const auto& [engine, count] : tasks)
      counts.push_back(count);
    std::sort(counts.begin(), counts.end());
    CHECK(counts == std::vector{3, 4, 4, 4, 4, 4});
  }
}

TEST_CASE("a program may show the progress of a map in its own way") {
  Pool pool(2);
  std::vector<muster::Progress> told;
  const muster::ProgressOptions options{
      .sink = [&](const muster::Progress& progress, std::chrono::nanoseconds) {
        told.push_back(progress);
      }};
  auto map =
      pool.map_async<refuse_seven>(numbers(100), {.progress = true, .progress_options = options});
  map.wait();
  REQUIRE_FALSE(told.empty());
  CHECK(told.back().done == 100);
  CHECK(told.back().total == 100u);
  CHECK(told.back().failed == 1);
  CHECK((told.back().engines == 2 || told.back().engines == 0));  // it hasn't heard it yet
  CHECK(map.progress().failed == 1);
}

TEST_CASE("the progress of a map that is left early is told a last time") {
  Pool pool(2);
  muster::Progress last;
  const muster::ProgressOptions options{
      .sink = [&](const muster::Progress& progress, std::chrono::nanoseconds) { last = progress; }};
  SECTION("because an item has failed") {
    CHECK_THROWS(
        pool.map<refuse_seven>(numbers(100), {.progress = true, .progress_options = options}));
    CHECK(last.failed == 1);
    CHECK(last.done >= 1);
  }
  SECTION("because whoever reads it has seen enough") {
    for (const int y :
         pool.imap<refuse_seven>(numbers(5), {.progress = true, .progress_options = options})) {
      CHECK(y == 0);
      break;
    }
    CHECK(last.done >= 1);
    CHECK(last.total == 5u);
  }
}

TEST_CASE("chunks go to the workers in turn where that is wanted, though others have less to do") {
  Pool pool(3);
  std::vector<int> expected;
  for (int i = 0; i < 30; ++i)
    expected.push_back(i % 3);
  std::vector<int> lengths;
  for (int i = 0; i < 30; ++i)
    lengths.push_back(i % 3 == 0 ? 5 : 0);
  CHECK(pool.map<engine_after>(lengths, {.order_tasks = true}) == expected);
  for (int i = 0; i < 30; ++i)
    expected[static_cast<std::size_t>(i)] = i / 4 % 3;
  CHECK(pool.map<engine_after>(lengths, {.chunk_size = 4, .order_tasks = true}) == expected);
  CHECK(pool.map<engine_after>(lengths, {.n_splits = 8, .order_tasks = true}) == expected);
}

TEST_CASE("get with a duration throws TimedOut and the pool remains usable") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  Pool pool(1);
  auto slow = pool.apply_async<number_behind_gate>({gate.path(), 5});
  CHECK_THROWS_AS(slow.get(1ms), muster::TimedOut);
  gate.open();
  CHECK(pool.apply<square>(6) == 36);
  CHECK(slow.get() == 5);
}

TEST_CASE("a pool that is closed takes no calls, and one that isn't can't be joined") {
  Pool pool(1);
  CHECK_THROWS_WITH(pool.join(), Contains("close()"));
  CHECK_FALSE(pool.closed());
  auto before = pool.apply_async<square>({4});
  pool.close();
  CHECK(pool.closed());
  CHECK_THROWS_WITH(pool.apply<square>(1), Contains("closed"));
  CHECK_THROWS_WITH(pool.map<square>(numbers(3)), Contains("closed"));
  pool.join();
  pool.join();
  CHECK(before.get() == 16);
  CHECK_THROWS_WITH(pool.apply<square>(1), Contains("over"));
}

TEST_CASE("terminate ends what runs, and so does the end of the scope, with no process left") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  std::vector<std::int64_t> pids;
  muster::AsyncResult<bool> running;
  {
    Pool pool(2);
    pids.push_back(pool.apply<own_pid>(0));
    running = pool.apply_async<behind_gate>({gate.path()});
    pool.terminate();
    CHECK_THROWS_AS(running.get(), muster::ConnectionLost);
  }
  {
    Pool pool(1);
    pids.push_back(pool.apply<own_pid>(0));
    running = pool.apply_async<behind_gate>({gate.path()});
  }
  CHECK_THROWS_AS(running.get(), muster::ConnectionLost);
  for (const std::int64_t pid : pids)
    CHECK(::kill(static_cast<pid_t>(pid), 0) != 0);
}

TEST_CASE("the same calls work on a cluster that runs already, which join leaves running") {
  const muster::Cluster cluster({.engines = 2});
  Pool pool(cluster.client());
  CHECK(pool.map<square>(numbers(100)) == squares(100));
  int total = 0;
  pool.apply_async<square>({3}, {.callback = [&](int y) { total += y; }});
  pool.close();
  pool.join();
  CHECK(total == 9);
  CHECK(cluster.load_balanced_view().apply<square>(5).get() == 25);
}

TEST_CASE("a pool without a number has as many workers as the CPUs that it may use") {
  Pool pool;
  CHECK(pool.client().ids().size() == muster::Cluster().ids().size());
}

TEST_CASE("a pool's options of tasks hold for each of its calls") {
  Pool pool(2, {.tasks = {.label = "mine", .retries = 3}});
  const int attempts = pool.apply([](muster::Context& context) {
    if (context.attempt() < 4) throw std::runtime_error("not yet");
    return context.attempt();
  });
  CHECK(attempts == 4);
  CHECK_THROWS_WITH(Pool(1, {.tasks = {.chunk = 4}}), Contains("chunk_size"));
}

TEST_CASE("the error of a task says what it was called with, and that of an item which one it is") {
  Pool pool(2);
  const auto text_of = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const TaskError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  CHECK_THAT(text_of([&] { pool.apply<refuse_seven>(7); }), Catch::EndsWith(", called with (7)"));
  std::vector<int> numbers(1000, 1);
  numbers[531] = 7;
  CHECK_THAT(text_of([&] { pool.map<refuse_seven>(numbers); }),
             Catch::StartsWith("item 531: ") && Catch::EndsWith(", called with (7)"));
  CHECK_THAT(text_of([&] { pool.map<refuse_seven>(numbers, {.chunk_size = 100}); }),
             Catch::StartsWith("item 531: ") && Catch::EndsWith(", called with (7)"));
  Pool threads(1, {.engines_as = muster::threads});
  try {
    threads.map<refuse_seven>(numbers);
    FAIL("nothing was thrown");
  } catch (const TaskError& error) {
    CHECK(error.arguments() == "(7)");
  }
}
