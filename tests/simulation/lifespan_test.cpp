// Processes that are replaced when they have begun so many tasks.

#include <catch2/catch.hpp>

#include "tests/simulation/experience.hpp"

namespace muster::simulation {

TEST_CASE("without faults a process that is replaced costs no task its outcome, nor a second run") {
  const Experience sum = run_seeds({.name = "lifespans, no faults",
                                    .clients = 2,
                                    .images = 2,
                                    .engines = 4,
                                    .credit = 0,
                                    .tasks = 150,
                                    .faults = 0,
                                    .in_rows = 30,
                                    .large = 10,
                                    .wearing = 40});
  CHECK(sum.replaced > 0);
  CHECK(sum.crashes == 0);
}

TEST_CASE("processes are replaced whatever a seed does to them meanwhile") {
  const Experience sum = run_seeds({.name = "lifespans",
                                    .clients = 2,
                                    .nodes = 2,
                                    .engines = 2,
                                    .credit = 0,
                                    .tasks = 100,
                                    .in_rows = 30,
                                    .large = 10,
                                    .awaiting = 10,
                                    .wearing = 50});
  if (!all_seeds()) return;
  CHECK(sum.replaced > 0);
}

TEST_CASE("processes are replaced also by a controller that was started again") {
  run_seeds({.name = "lifespans, restarts",
             .clients = 2,
             .tasks = 80,
             .mix = {.cut_engine = 2, .cut_client = 2, .kill_controller = 6},
             .in_rows = 20,
             .wearing = 60});
}

}  // namespace muster::simulation
