// Clients that run their own tasks where they wait for them, under seeded faults (rule 33).

#include <catch2/catch.hpp>

#include "tests/simulation/experience.hpp"

namespace muster::simulation {

TEST_CASE("rule 33: without faults what a client runs itself runs once, and nowhere else") {
  const Experience sum = run_seeds({.name = "own tasks, no faults",
                                    .clients = 2,
                                    .engines = 2,
                                    .credit = 3,
                                    .tasks = 120,
                                    .faults = 0,
                                    .throwing = 10,
                                    .cancelling = 5,
                                    .in_rows = 30,
                                    .large = 3,
                                    .awaiting = 20,
                                    .naming = 10,
                                    .helping = 40});
  CHECK(sum.run_by_clients > 0);
}

TEST_CASE("rule 33: clients that run their own tasks survive what a seed does to them") {
  run_seeds({.name = "own tasks",
             .clients = 3,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .credit = 3,
             .tasks = 100,
             .in_rows = 30,
             .large = 3,
             .awaiting = 20,
             .naming = 10,
             .helping = 40});
}

}  // namespace muster::simulation
