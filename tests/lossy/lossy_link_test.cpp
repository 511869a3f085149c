// A cluster of real processes whose connections lose some messages and double others, in every
// direction: the test's own client, controller, node and engines are all preloaded with
// lossy_link.cpp. What a user gets is right all the same.

#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::test::bound;
using muster::test::Cluster;

namespace {

int square(int n) {
  return n * n;
}
std::vector<double> halves(std::vector<double> numbers) {
  for (double& number : numbers)
    number /= 2;
  return numbers;
}
int fail_if_odd(int n) {
  if (n % 2 != 0) throw std::runtime_error(std::to_string(n));
  return n;
}

void require_loss() {
  const char* preload = std::getenv("LD_PRELOAD");
  INFO("run it with: ctest -R lossy");
  REQUIRE(preload != nullptr);
}

}  // namespace

TEST_CASE("over connections that lose and double messages every task has its own value, once") {
  require_loss();
  ::setenv("MUSTER_LOSSY_STEADY", "1", 1);  // no large bodies
  const Cluster cluster(3);
  muster::Client client;
  const auto view = client.load_balanced_view();
  nlohmann::json links;
  std::uint64_t sent_again = 0;
  // Until all that can happen to a message has happened, which chance says when.
  for (int round = 0; round < 300; ++round) {
    std::vector<muster::AsyncResult<int>> results;
    for (int i = 0; i < 200; ++i)
      results.push_back(view.apply<square>(i));
    for (int i = 0; i < 200; ++i)
      REQUIRE(results[static_cast<std::size_t>(i)].get(bound) == i * i);
    links = cluster.status().at("links");
    sent_again = links.at("sent_again").get<std::uint64_t>();
    if (links.at("gaps") > 3 && links.at("duplicates") > 3 && sent_again > 0) break;
  }
  INFO(links.dump());
  CHECK(links.at("gaps") > 0);
  CHECK(links.at("duplicates") > 0);
  CHECK(sent_again > 0);
}

TEST_CASE("over connections that lose and double messages a map keeps its order and its errors") {
  require_loss();
  const Cluster cluster(3);
  muster::Client client;
  std::vector<int> items(5000);
  std::iota(items.begin(), items.end(), 0);
  auto map = client.load_balanced_view().map<fail_if_odd>(items);
  REQUIRE(map.wait_for(bound));
  int index = 0;
  for (auto item = map.begin(); item != map.end(); ++item, ++index) {
    int value = -1;
    try {
      value = *item;
    } catch (const muster::TaskError& error) {
      REQUIRE(error.text() == std::to_string(index));
    }
    REQUIRE(value == (index % 2 == 0 ? index : -1));
  }
  CHECK(index == 5000);
}

TEST_CASE("over connections that lose and double messages large bodies arrive whole") {
  require_loss();
  const Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  std::vector<double> numbers(200'000);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  for (int round = 0; round < 3; ++round) {
    const auto back = view.apply<halves>(numbers).get(bound);
    REQUIRE(back.size() == numbers.size());
    CHECK(back.back() == numbers.back() / 2);
    CHECK(std::accumulate(back.begin(), back.end(), 0.0) ==
          std::accumulate(numbers.begin(), numbers.end(), 0.0) / 2);
  }
}
