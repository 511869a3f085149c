// Who sees what was pushed to an engine of a cluster that several clients use.

#include <string>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::test::bound;
using muster::test::Cluster;

TEST_CASE("clients of one program share what they push, and it outlives the client that did") {
  const Cluster cluster(2);
  const muster::Client reader;
  {
    const muster::Client writer;
    writer.all().push("answer", 42).get(bound);
  }
  CHECK(reader.all().pull<int>("answer").get(bound) == std::vector{42, 42});
  reader[1].clear().get(bound);
  const muster::Client third;
  CHECK(third[0].pull<int>("answer").get(bound) == 42);
  CHECK_THROWS_AS(third[1].pull<int>("answer").get(bound), muster::UnknownName);
}

TEST_CASE("another program that takes its turn on an engine leaves what was pushed there alone") {
  const Cluster cluster(1);
  const muster::Client client;
  client[0].push("answer", 42).get(bound);
  REQUIRE(cluster.sandbox().muster({"run", "--engine", "0", "--", "true"}).code == 0);
  CHECK(client[0].pull<int>("answer").get(bound) == 42);
}
