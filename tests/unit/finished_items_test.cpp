// Maps that go on where an earlier run of their program has ended: the file is real, the cluster
// isn't.

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <muster/async_map_result.hpp>
#include <muster/error.hpp>
#include <muster/load_balanced_view.hpp>

#include "tests/unit/fake_map_connection.hpp"

namespace {

namespace fs = std::filesystem;

using muster::LoadBalancedView;
using muster::TaskError;
using muster::TokenReuse;
using muster::detail::Connection;

int square(int x) {
  return x * x;
}
int cube(int x) {
  return x * x * x;
}
int refuse_odd(int x) {
  if (x % 2 != 0) throw std::out_of_range("odd: " + std::to_string(x));
  return x;
}
std::string text_of(const std::string& text) {
  return text + text;
}

/// A directory with the file of a map.
class Place {
 public:
  Place() {
    std::string name = (fs::temp_directory_path() / "muster-finished-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(directory_); }

  fs::path file() const { return directory_ / "finished"; }
  muster::ViewOptions options(std::size_t chunk = 0) const {
    return {.key = "map", .chunk = chunk, .resume = file().string()};
  }

 private:
  fs::path directory_;
};

/// A run of the program: its map, and what reached the cluster.
struct Run {
  std::shared_ptr<Connection> connection = std::make_shared<Connection>();

  Run() {
    connection->when_waiting = [](Connection& cluster) { cluster.finish_newest(); };
  }
  LoadBalancedView view(const muster::ViewOptions& options) const {
    return LoadBalancedView(connection, options);
  }
};

std::vector<int> numbers(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i)
    numbers.push_back(i);
  return numbers;
}

std::vector<int> squares(int count) {
  std::vector<int> squares;
  for (int i = 0; i < count; ++i)
    squares.push_back(i * i);
  return squares;
}

}  // namespace

TEST_CASE("what a run has finished another one doesn't submit, and gives as it was") {
  const Place place;
  const std::size_t chunk = GENERATE(0, 1, 7);
  {
    const Run first;
    CHECK(first.view(place.options(chunk)).map<square>(numbers(50)).get() == squares(50));
    CHECK(first.connection->submitted == 50);
  }
  const Run second;
  auto map = second.view(place.options(chunk)).map<square>(numbers(60));
  CHECK(map.progress().done == 50);
  CHECK(map.get() == squares(60));
  CHECK(second.connection->submitted == 10);
}

TEST_CASE("the finished ones may lie anywhere, and iteration passes over them in order") {
  const Place place;
  {
    const Run first;
    CHECK_THROWS_AS(first.view(place.options()).map<refuse_odd>(numbers(100)).get(),
                    muster::CompositeError);
  }
  const Run second;
  const std::size_t chunk = GENERATE(0, 1, 5);
  auto map = second.view(place.options(chunk)).map<refuse_odd>(numbers(100));
  std::vector<int> even;
  std::size_t odd = 0;
  for (auto at = map.begin(); at != map.end(); ++at) {
    try {
      even.push_back(*at);
    } catch (const TaskError&) {
      ++odd;
    }
  }
  CHECK(even.size() == 50);
  CHECK(even[49] == 98);
  CHECK(odd == 50);
  CHECK(second.connection->submitted == 50);
}

TEST_CASE("values that came in one row are known each") {
  const Place place;
  {
    const Run first;
    auto map = first.view(place.options(20)).map<square>(numbers(20));
    first.connection->finish_row(4, 10);
    CHECK(map.progress().done == 10);
    CHECK_FALSE(map.wait_for(std::chrono::seconds(-1)));
  }
  const Run second;
  CHECK(second.view(place.options()).map<square>(numbers(20)).get() == squares(20));
  CHECK(second.connection->submitted == 10);
}

TEST_CASE("a value is kept although its item was read and forgotten at once") {
  const Place place;
  {
    const Run first;
    int sum = 0;
    for (const int value : first.view(place.options()).map<square>(numbers(30)))
      sum += value;
    CHECK(sum == 8555);
  }
  const Run second;
  int sum = 0;
  for (auto [i, value] : second.view(place.options()).map<square>(numbers(30)).as_completed())
    sum += value;
  CHECK(sum == 8555);
  CHECK(second.connection->submitted == 0);
}

TEST_CASE("one key for two things is TokenReuse, at the items that differ") {
  const Place place;
  CHECK(Run().view(place.options()).map<square>(numbers(3)).get() == squares(3));
  const Run other_function;
  auto cubes = other_function.view(place.options()).map<cube>(numbers(3));
  CHECK_THROWS_AS(cubes.get(), muster::CompositeError);
  const Run other_input;
  const std::array inputs{0, 5, 2, 3};
  auto map = other_input.view(place.options()).map<square>(inputs);
  auto at = map.begin();
  CHECK(*at == 0);
  ++at;
  CHECK_THROWS_AS(*at, TokenReuse);
  ++at;
  CHECK(*at == 4);
  ++at;
  CHECK(*at == 9);
  const Run other_key;
  CHECK(other_key.view({.key = "cubes", .resume = place.file().string()})
            .map<cube>(numbers(3))
            .get() == std::vector{0, 1, 8});
}

TEST_CASE("a file whose last entry was torn keeps what stands before it") {
  const Place place;
  CHECK(Run().view(place.options(1)).map<square>(numbers(9)).get() == squares(9));
  const auto whole = fs::file_size(place.file());
  const auto cut = GENERATE(1, 20, 61, 62);
  fs::resize_file(place.file(), whole - static_cast<std::uintmax_t>(cut));
  const Run second;
  CHECK(second.view(place.options()).map<square>(numbers(9)).get() == squares(9));
  CHECK(second.connection->submitted == (cut == 62 ? 2 : 1));
  const Run third;
  CHECK(third.view(place.options()).map<square>(numbers(9)).get() == squares(9));
  CHECK(third.connection->submitted == 0);
}

TEST_CASE("a program that was killed while it made the file begins it anew") {
  const Place place;
  std::ofstream(place.file()) << "muster: calls th";
  const Run run;
  CHECK(run.view(place.options()).map<square>(numbers(2)).get() == squares(2));
  CHECK(run.connection->submitted == 2);
}

TEST_CASE("a damaged file is refused with the place, and nothing is overwritten") {
  const Place place;
  CHECK(Run().view(place.options(1)).map<square>(numbers(9)).get() == squares(9));
  const auto before = fs::file_size(place.file());
  {
    std::fstream file(place.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(150);
    file.put('!');
  }
  const Run run;
  CHECK_THROWS_WITH(run.view(place.options()).map<square>(numbers(9)),
                    Catch::Contains("is damaged behind byte") && Catch::Contains("truncate -s"));
  CHECK(fs::file_size(place.file()) == before);
}

TEST_CASE("another kind of file is left alone") {
  const Place place;
  std::ofstream(place.file()) << "a letter to my aunt";
  CHECK_THROWS_WITH(Run().view(place.options()).map<square>(numbers(2)),
                    Catch::Contains("is another kind of file"));
  CHECK(fs::file_size(place.file()) == 19);
  muster::ViewOptions nowhere = place.options();
  nowhere.resume = "/no/such/directory/finished";
  CHECK_THROWS_WITH(Run().view(nowhere).map<square>(numbers(2)),
                    Catch::Contains("can't be opened: No such file or directory"));
  nowhere.resume = "/dev/null";
  CHECK_THROWS_WITH(Run().view(nowhere).map<square>(numbers(2)),
                    Catch::Contains("isn't a regular file"));
}

TEST_CASE("values of every size come back, also larger ones than are read at a time") {
  const Place place;
  std::vector<std::string> texts;
  for (const std::size_t size : {0, 1, 70'000, 5'000'000, 3})
    texts.emplace_back(size, 'x');
  const auto doubled = Run().view(place.options()).map<text_of>(texts).get();
  const Run second;
  CHECK(second.view(place.options()).map<text_of>(texts).get() == doubled);
  CHECK(second.connection->submitted == 0);
}

TEST_CASE("a full disk ends the writing and not the map") {
  const Place place;
  // The kernel counts what a process writes to files, and says so by a signal first.
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit small = before;
  small.rlim_cur = 200;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto values = Run().view(place.options(1)).map<square>(numbers(20)).get();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(values == squares(20));
  const Run second;
  CHECK(second.view(place.options()).map<square>(numbers(20)).get() == squares(20));
  CHECK(second.connection->submitted > 0);
  const Run third;
  CHECK(third.view(place.options()).map<square>(numbers(20)).get() == squares(20));
  CHECK(third.connection->submitted == 0);
}
