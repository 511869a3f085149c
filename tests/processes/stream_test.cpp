// Arguments and results that don't fit into a message.

#include <csignal>
#include <cstddef>
#include <new>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::AsyncResult;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;

namespace {

/// Far more than what can be reserved for one body, and of no memory's cost before it is read.
constexpr std::size_t too_many_bytes = std::size_t{5} << 30;

/// Memory that nobody has touched yet. Elements are as they are: zero.
template <class T>
struct UntouchedMemory {
  using value_type = T;
  T* allocate(std::size_t count) {
    void* memory = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) { ::munmap(memory, count * sizeof(T)); }
  template <class U>
  void construct(U*) {}
  bool operator==(const UntouchedMemory&) const { return true; }
};
using Untouched = std::vector<double, UntouchedMemory<double>>;

double sum(std::span<const double> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}

std::vector<double> negated(std::vector<double> numbers) {
  for (double& number : numbers)
    number = -number;
  return numbers;
}

std::string text_of(std::size_t size) {
  return std::string(size, 'x');
}

std::size_t size_of(const std::string& text) {
  return text.size();
}

int pid_and_nothing_else(int) {
  return ::getpid();
}

Untouched too_large_a_result(int) {
  return Untouched(too_many_bytes / sizeof(double));
}

std::vector<double> numbers_from(double first, std::size_t count) {
  std::vector<double> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

}  // namespace

TEST_CASE("64 MB of numbers travel to an engine and back") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  constexpr std::size_t count = 8'000'000;
  const std::vector<double> numbers = numbers_from(0, count);
  const auto there = view.apply<sum>(numbers);
  const auto back = view.apply<negated>(numbers);
  CHECK(there.get(bound) == 0.5 * (count - 1) * count);
  const std::vector<double> answer = back.get(bound);
  REQUIRE(answer.size() == count);
  CHECK(sum(answer) == -0.5 * (count - 1) * count);
  CHECK(answer[4'000'000] == -4e6);
}

TEST_CASE("bodies around the sizes of a record, of a chunk and of what may be on its way travel") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  constexpr std::size_t kib = 1024;
  for (const std::size_t size : {64 * kib, 256 * kib, 512 * kib, 1024 * kib, 1280 * kib}) {
    // A text's length and the array around it take a few bytes.
    for (const std::size_t near : {size - 8, size - 6, size - 5, size, size + 1}) {
      CAPTURE(near);
      CHECK(view.apply<size_of>(std::string(near, 'x')).get(bound) == near);
      CHECK(view.apply<text_of>(near).get(bound) == std::string(near, 'x'));
    }
  }
}

TEST_CASE("small tasks pass a large body of the same client") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  view.apply<pid_and_nothing_else>(0).get(bound);
  const auto large = view.apply<sum>(std::vector<double>(24'000'000, 1.0));
  std::vector<AsyncResult<int>> small;
  for (int i = 0; i < 50; ++i)
    small.push_back(view.apply<pid_and_nothing_else>(i));
  CHECK(large.get(bound) == 24e6);
  for (const auto& result : small) {
    REQUIRE(result.ready());
    CHECK(result.info().started < large.info().started);
  }
}

TEST_CASE("small results pass a large one of the same engine") {
  Cluster cluster(1, {"--hwm", "64"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  const auto large = view.apply<text_of>(200'000'000);
  std::vector<AsyncResult<int>> small;
  for (int i = 0; i < 50; ++i)
    small.push_back(view.apply<pid_and_nothing_else>(i));
  CHECK(large.get(bound).size() == 200'000'000);
  for (const auto& result : small) {
    REQUIRE(result.ready());
    CHECK(result.info().received < large.info().received);
    CHECK(result.info().started > large.info().started);
  }
}

TEST_CASE("an engine that is killed while a large body goes to it is replaced and gets it again",
          "[wire]") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const pid_t victim = view.apply<pid_and_nothing_else>(0).get(bound);
  // Stopped, it acknowledges nothing: the body can't be through.
  REQUIRE(::kill(victim, SIGSTOP) == 0);
  const auto result = view.apply<sum>(std::vector<double>(8'000'000, 1.0));
  CHECK(eventually([&] { return cluster.status().at("queue").at("held") == 1; }));
  REQUIRE(::kill(victim, SIGKILL) == 0);
  CHECK(result.get(bound) == 8e6);
  CHECK(result.info().attempts == 1);  // it had not started there
  CHECK(result.info().pid != victim);
}

TEST_CASE("a map over items of a megabyte gives each its own value, also when they come back") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  constexpr std::size_t count = 125'000;
  std::vector<std::vector<double>> items;
  for (int i = 0; i < 100; ++i)
    items.push_back(numbers_from(i, count));
  std::size_t read = 0;
  for (const double total : view.map<sum>(items)) {
    CHECK(total == (0.5 * (count - 1) + static_cast<double>(read)) * count);
    ++read;
  }
  CHECK(read == 100);
  read = 0;
  for (const std::vector<double>& numbers : view.map<negated>(items))
    CHECK(numbers == negated(items[read++]));
  CHECK(read == 100);
}

TEST_CASE("a body above the limit is refused by its name before anything of it is sent") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const Untouched numbers(too_many_bytes / sizeof(double));
  try {
    view.apply<sum>(std::span<const double>(numbers));
    FAIL("it was accepted");
  } catch (const muster::TooLarge& error) {
    CHECK(error.limit() == "body");
  }
  CHECK(cluster.status().at("totals").at("submitted") == 0);
  try {
    view.apply<too_large_a_result>(0).get(bound);
    FAIL("it was accepted");
  } catch (const muster::TaskError& error) {
    CHECK(error.type() == "muster::TooLarge");
    CHECK_THAT(error.text(), Catch::Contains("body is at most "));
  }
  CHECK(view.apply<pid_and_nothing_else>(0).get(bound) == cluster.engines().front());
}
