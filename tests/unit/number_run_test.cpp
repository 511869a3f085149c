// The loop that executes quick items of tasks on numbers: it does what a call for each would do.

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/codec.hpp>
#include <muster/detail/number_run.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/error.hpp>

#include "engine/item_run.hpp"
#include "protocol/item_row.hpp"

namespace muster::engine {
namespace {

using detail::List;
using detail::PageState;
using detail::Registration;
using detail::RunStop;
using detail::Stateless;

/// A run of items, each a number, and the page that names them.
struct Bench {
  detail::Buffer row;
  ItemRun run;
  std::atomic<PageState> named{PageState::none};
  std::atomic<std::uint64_t> counter{0};
  std::vector<std::uint64_t> asked;  // which item the page named
  std::uint64_t interrupt_at = 0;

  template <class T>
  explicit Bench(const std::vector<T>& numbers, std::int64_t run_ns = 5'000'000) {
    for (const T number : numbers)
      wire::append_item(row, detail::encode_arguments(List<T>{}, number).bytes());
    run.begin(10, static_cast<std::uint32_t>(numbers.size()), wire::ItemReader(row.bytes()), run_ns,
              wire::Instant{});
  }

  template <class F>
  RunStop go() {
    const detail::Entry& entry = Registration<Stateless<F>>::entry();
    REQUIRE(entry.run != nullptr);
    const auto ask = [](void* bench) { return static_cast<Bench*>(bench)->ask(); };
    return entry.run(run, {named, counter}, {ask, this});
  }
  bool ask() {
    CHECK(named == PageState::executing);  // a forked child must not write the page
    asked.push_back(counter);
    return counter == interrupt_at;
  }
  template <class R>
  std::vector<R> values() {
    const ItemRun::Values values = run.take(run.look(), wire::Instant{});
    wire::ItemReader reader(values.row);
    std::vector<R> all;
    for (std::uint32_t i = 0; i < values.count; ++i)
      all.push_back(detail::decode_result<R>(reader.next().value()));
    return all;
  }
};

struct Half {
  double operator()(std::int64_t number) const { return static_cast<double>(number) / 2; }
};
struct IsEven {
  bool operator()(const int& number) const { return number % 2 == 0; }
};
struct Reciprocal {
  int operator()(int number) const {
    if (number == 0) throw std::domain_error("no reciprocal");
    return 1000 / number;
  }
};
struct Nothing {
  void operator()(int) const {}
};
struct Text {
  std::string operator()(int) const { return {}; }
};

TEST_CASE("numbers are given to the function one by one, and the page names each") {
  Bench bench(std::vector<std::int64_t>{-3, 0, 1'000'000'000'000});
  while (bench.go<Half>() == RunStop::look) {
  }
  CHECK(bench.values<double>() == std::vector<double>{-1.5, 0, 5e11});
  CHECK(bench.asked == std::vector<std::uint64_t>{10, 11, 12});
  CHECK(bench.run.last() == 12);
}

TEST_CASE("truth values and nothing are results of such tasks, texts aren't") {
  Bench bench(std::vector<int>{1, 2}, 1);
  CHECK(bench.go<IsEven>() == RunStop::over);
  CHECK(bench.values<bool>() == std::vector<bool>{false, true});
  Bench other(std::vector<int>{1, 2}, 1);
  CHECK(other.go<Nothing>() == RunStop::over);
  CHECK(other.run.look().ended() == 2);
  CHECK(Registration<Stateless<Text>>::entry().run == nullptr);
}

TEST_CASE(
    "an item that throws is the last that was claimed, and those before it have their values") {
  Bench bench(std::vector<int>{1, 10, 0, 100}, 1);
  CHECK_THROWS_AS(bench.go<Reciprocal>(), std::domain_error);
  CHECK(bench.run.last() == 12);
  CHECK(bench.named == PageState::executing);
  CHECK(bench.counter == 12);
  CHECK(bench.values<int>() == std::vector<int>{1000, 100});
}

TEST_CASE("arguments of another type are refused as they are anywhere") {
  Bench bench(std::vector<double>{1.5}, 1);
  CHECK_THROWS_AS(bench.go<Nothing>(), ClusterError);
}

TEST_CASE("the engine is asked after each item, and at times whether to look at the clock") {
  Bench bench(std::vector<int>{1, 2, 3, 4});  // slow ones: the clock is looked at after each
  bench.interrupt_at = 11;
  CHECK(bench.go<Reciprocal>() == RunStop::look);
  CHECK(bench.go<Reciprocal>() == RunStop::interrupted);
  bench.run.close();
  CHECK(bench.go<Reciprocal>() == RunStop::over);
  CHECK(bench.values<int>() == std::vector<int>{1000, 500});
}

TEST_CASE("where values have no more room no item is claimed") {
  Bench bench(std::vector<std::int64_t>(20'000, INT64_MAX), 1);
  RunStop stop = RunStop::look;
  while (stop == RunStop::look)
    stop = bench.go<Half>();
  CHECK(stop == RunStop::full);
  bench.run.close();
  CHECK(bench.run.claimed() == bench.run.look().ended());
  CHECK(bench.values<double>().size() > 5'000);
}

}  // namespace
}  // namespace muster::engine
