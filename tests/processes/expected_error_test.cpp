// Exceptions of a program's own on their way back.

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::test::bound;
using muster::test::Cluster;

namespace {

struct NotConverged : std::runtime_error {
  NotConverged() : NotConverged(0, {}) {}
  NotConverged(int steps, std::vector<double> last)
      : std::runtime_error("not converged"), steps(steps), last(std::move(last)) {}
  int steps;
  std::vector<double> last;
  MSGPACK_DEFINE(steps, last)
};
struct Worse : NotConverged {
  using NotConverged::NotConverged;
};
/// Derives from nothing.
struct Code {
  int number = 0;
  MSGPACK_DEFINE(number)
};

int solve(int steps) {
  if (steps > 2) throw NotConverged(steps, {0.5, 0.25});
  if (steps == 2) throw NotConverged(steps, std::vector<double>(100'000));
  if (steps == 1) throw Worse(1, {});
  return steps;
}

int code(int number) {
  throw Code{number};
}

/// Never called: to name them is enough.
[[maybe_unused]] void expectations() {
  muster::expecting<NotConverged>();
  muster::expecting<Code>();
}

}  // namespace

TEST_CASE(
    "an exception that is expected comes back as what it is, with the TaskError nested in it") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.apply<solve>(0).get(bound) == 0);
  try {
    view.apply<solve>(7).get(bound);
    FAIL("it should have thrown");
  } catch (const NotConverged& error) {
    CHECK(error.steps == 7);
    CHECK(error.last == std::vector<double>{0.5, 0.25});
    CHECK(error.what() == std::string("not converged"));
    try {
      std::rethrow_if_nested(error);
      FAIL("nothing was nested in it");
    } catch (const muster::TaskError& report) {
      CHECK(report.engine() == 0);
      CHECK_THAT(report.type(), Catch::Contains("NotConverged"));
      CHECK_THROWS_AS(std::rethrow_if_nested(report), std::runtime_error);
    }
  }
  CHECK_THROWS_AS(client.load_balanced_view().apply<code>(3).get(bound), Code);
  // Of engines as a part of what all of them threw.
  try {
    client.all().apply<solve>(3).get(bound);
    FAIL("it should have thrown");
  } catch (const muster::CompositeError& error) {
    CHECK_THROWS_AS(std::rethrow_exception(error.parts().at(0).error), NotConverged);
  }
  const std::vector<int> steps{0, 5};
  CHECK_THROWS_AS(view.map<solve>(steps).get(), NotConverged);
}

TEST_CASE("an exception of another type, or too large a one, is a TaskError as ever") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  for (const int steps : {1, 2}) {
    try {
      view.apply<solve>(steps).get(bound);
      FAIL("it should have thrown");
    } catch (const muster::TaskError& error) {
      CHECK(error.text() == "not converged");
    }
  }
}
