// Hosts that come, go and are cut off, and programs that have to get to them, under seeded faults.

#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/simulation/experience.hpp"
#include "tests/simulation/files.hpp"

namespace muster::simulation {

TEST_CASE("hosts and clients that are cut off for a while come back") {
  const Experience sum =
      run_seeds({.name = "partitions",
                 .clients = 2,
                 .nodes = 2,
                 .engines = 2,
                 .faults = 8,
                 .mix = {.cut_engine = 1, .part_engine = 2, .part_node = 2, .part_client = 2}});
  if (!all_seeds()) return;
  CHECK(sum.network.lost > 0);
}

TEST_CASE("hosts that leave by GOODBYE, while others join, cost no task anything") {
  const Experience sum = run_seeds({.name = "hosts leave",
                                    .clients = 2,
                                    .images = 2,
                                    .nodes = 3,
                                    .engines = 2,
                                    .tasks = 100,
                                    .faults = 6,
                                    .mix = {.leave_node = 1},
                                    .taking_long = 30,
                                    .in_rows = 20,
                                    .large = 10});
  CHECK(sum.crashes == 0);
  if (!all_seeds()) return;
  CHECK(sum.moves > 0);
}

TEST_CASE("rule 34: hosts that drain get nothing new, and cost no task anything") {
  const Experience sum = run_seeds({.name = "hosts drain",
                                    .clients = 2,
                                    .images = 2,
                                    .nodes = 3,
                                    .engines = 2,
                                    .tasks = 100,
                                    .faults = 6,
                                    .mix = {.drain_node = 1},
                                    .taking_long = 30,
                                    .addressed = 10,
                                    .in_rows = 20,
                                    .large = 10});
  CHECK(sum.crashes == 0);
  if (!all_seeds()) return;
  CHECK(sum.moves > 0);
}

TEST_CASE("rule 34: hosts that drain amid all else that happens lose nothing") {
  Mix mix = everything;
  mix.drain_node = 8;
  mix.leave_node = 2;
  run_seeds({.name = "hosts drain amid all else",
             .clients = 2,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .mix = mix,
             .addressed = 15,
             .in_rows = 20});
}

TEST_CASE("hosts that leave by GOODBYE amid all else that happens lose nothing") {
  Mix mix = everything;
  mix.leave_node = 8;
  run_seeds({.name = "hosts leave amid all else",
             .clients = 2,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .mix = mix,
             .addressed = 15,
             .in_rows = 20});
}

TEST_CASE("hosts that leave while their links are opened again keep no task waiting") {
  run_seeds({.name = "hosts leave without a link",
             .clients = 2,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .tasks = 80,
             .faults = 60,
             .mix = {.lose_node = 4, .leave_node = 4, .disturb_node = 8},
             .addressed = 60});
}

TEST_CASE("programs that share few hosts get engines on others when theirs are lost") {
  run_seeds(
      {.name = "hosts lost in switches",
       .clients = 3,
       .images = 3,
       .nodes = 3,
       .engines = 1,
       .tasks = 90,
       .faults = 24,
       .mix = {.kill_engine = 6, .lose_node = 3, .leave_node = 6, .stop_node = 3, .part_node = 6},
       .throwing = 5,
       .taking_long = 30,
       .addressed = 0});
}

TEST_CASE("rule 26: without faults a program's file comes once to each host that lacks it") {
  const Shape shape{.name = "far images, no faults",
                    .clients = 3,
                    .images = 1,
                    .nodes = 2,
                    .engines = 2,
                    .tasks = 30,
                    .faults = 0,
                    .far = 100};
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const Verdict verdict = Simulation(shape, seed).run();
    CHECK(verdict.violations.empty());
    const std::uint64_t bytes = part_of(image_number(1)).bytes;
    CHECK(verdict.image_bytes_received == bytes);
    CHECK(verdict.image_bytes_sent == 2 * bytes);
  }
}

TEST_CASE("rule 26: programs that hosts lack arrive whole, whatever a seed does on the way") {
  const Experience sum = run_seeds({.name = "far images",
                                    .clients = 4,
                                    .images = 2,
                                    .nodes = 3,
                                    .engines = 1,
                                    .tasks = 40,
                                    .faults = 24,
                                    .mix = {.cut_engine = 1,
                                            .lose_node = 4,
                                            .stop_node = 2,
                                            .disturb_node = 4,
                                            .part_node = 2,
                                            .cut_client = 4,
                                            .kill_client = 2,
                                            .stop_client = 2,
                                            .disturb_client = 4,
                                            .part_client = 2,
                                            .stop_controller = 1},
                                    .far = 70,
                                    .damaged = 3,
                                    .interrupted = 4,
                                    .at_once = true});
  if (!all_seeds()) return;
  CHECK(sum.image_bytes_sent > 0);
  CHECK(sum.image_bytes_received > 0);
}

TEST_CASE("rules 7 and 26: programs arrive although controllers die while they travel") {
  const Experience sum =
      run_seeds({.name = "far images, controllers die",
                 .clients = 3,
                 .images = 2,
                 .nodes = 2,
                 .engines = 2,
                 .tasks = 40,
                 .faults = 12,
                 .mix = {.lose_node = 1, .disturb_node = 2, .cut_client = 1, .kill_controller = 4},
                 .far = 70,
                 .damaged = 3,
                 .interrupted = 4,
                 .at_once = true});
  if (!all_seeds()) return;
  CHECK(sum.restarts > 0);
  CHECK(sum.image_bytes_received > 0);
}

TEST_CASE("a machine that was suspended goes on where it was") {
  const Experience sum = run_seeds({.name = "suspended",
                                    .clients = 2,
                                    .images = 2,
                                    .nodes = 2,
                                    .engines = 2,
                                    .faults = 3,
                                    .mix = {.suspend_all = 1},
                                    .taking_long = 30,
                                    .in_rows = 30,
                                    .large = 10});
  CHECK(sum.crashes == 0);
}

}  // namespace muster::simulation
