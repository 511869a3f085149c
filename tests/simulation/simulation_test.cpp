// The real state machines under seeded faults (design section 8).

#include <cstddef>
#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/simulation/experience.hpp"

namespace muster::simulation {

TEST_CASE("without faults every task runs once and settles") {
  run_seeds({.name = "no faults", .clients = 2, .images = 2, .tasks = 80, .faults = 0});
}

TEST_CASE("without faults several programs share few engines fairly") {
  // The longest way to a turn: each other program's slice of 200 ms, and what its engine holds
  // then.
  run_seeds({.name = "more programs than engines",
             .clients = 6,
             .images = 3,
             .engines = 2,
             .credit = 2,
             .tasks = 400,
             .faults = 0,
             .throwing = 5,
             .taking_long = 0,
             .at_once = true,
             .fair_within = 1500ms});
}

TEST_CASE("one client and three engines survive what a seed does to them") {
  const Experience sum = run_seeds({.name = "one client, three engines"});
  if (!all_seeds()) return;
  CHECK(sum.crashes > 0);
  CHECK(sum.moves > 0);
  CHECK(sum.dropped_outcomes > 0);
}

TEST_CASE("three clients of two images and four engines survive what a seed does to them") {
  run_seeds({.name = "three clients, two images",
             .clients = 3,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .credit = 2,
             .tasks = 80});
}

TEST_CASE(
    "engines with adaptive credit survive what a seed does to them, and share what they hold") {
  const Experience sum = run_seeds({.name = "adaptive credit",
                                    .clients = 2,
                                    .engines = 4,
                                    .credit = 0,
                                    .tasks = 150,
                                    .taking_long = 15});
  if (!all_seeds()) return;
  CHECK(sum.recalled > 0);
}

TEST_CASE("tasks that wait for others start after them, or say that they can't") {
  const Experience sum = run_seeds({.name = "dependencies",
                                    .clients = 2,
                                    .engines = 4,
                                    .credit = 0,
                                    .tasks = 120,
                                    .in_rows = 20,
                                    .large = 5,
                                    .awaiting = 60,
                                    .limited = 10});
  if (!all_seeds()) return;
  CHECK(sum.asked_again > 0);
}

TEST_CASE("tasks of kept sessions go on when their clients die, and others get the outcomes") {
  run_seeds(
      {.name = "kept sessions",
       .clients = 4,
       .images = 2,
       .tasks = 120,
       .mix =
           {.kill_engine = 4, .cut_engine = 3, .cut_client = 4, .kill_client = 6, .stop_client = 1},
       .in_rows = 20,
       .keeping = true});
}

TEST_CASE("tasks that wait for others do so across a controller's restart") {
  run_seeds({.name = "dependencies, restarts",
             .clients = 2,
             .tasks = 80,
             .mix = {.cut_client = 3, .kill_controller = 6},
             .in_rows = 20,
             .awaiting = 60});
}

TEST_CASE(
    "without faults tasks that only some engines may run do, whichever programs those serve") {
  const Experience sum = run_seeds({.name = "restricted, no faults",
                                    .clients = 3,
                                    .images = 2,
                                    .engines = 4,
                                    .credit = 0,
                                    .tasks = 120,
                                    .faults = 0,
                                    .restricted = 50,
                                    .in_rows = 20,
                                    .awaiting = 30});
  CHECK(sum.crashes == 0);
}

TEST_CASE("tasks that only some engines may run survive what a seed does to these") {
  run_seeds({.name = "restricted",
             .clients = 2,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .tasks = 80,
             .restricted = 60,
             .in_rows = 20,
             .awaiting = 30,
             .limited = 10});
}

TEST_CASE("tasks that only some engines may run end when none of these is left") {
  run_seeds({.name = "restricted, hosts leave",
             .clients = 2,
             .images = 2,
             .nodes = 3,
             .engines = 1,
             .tasks = 60,
             .faults = 24,
             .mix = {.kill_engine = 6, .lose_node = 3, .leave_node = 6, .kill_controller = 1},
             .restricted = 70,
             .awaiting = 20});
}

TEST_CASE("tasks that need what only some hosts have run there, whatever a seed does") {
  run_seeds({.name = "needs",
             .clients = 2,
             .images = 2,
             .nodes = 3,
             .engines = 1,
             .tasks = 60,
             .mix = {.kill_engine = 6,
                     .cut_engine = 3,
                     .stop_engine = 2,
                     .cut_client = 3,
                     .kill_controller = 2},
             .restricted = 70,
             .needing = 60,
             .in_rows = 20,
             .awaiting = 20});
}

TEST_CASE("engines in turn survive what a seed does to them") {
  run_seeds({.name = "round robin",
             .clients = 2,
             .engines = 4,
             .credit = 3,
             .scheme = controller::Scheme::roundrobin});
}

TEST_CASE("a single engine survives what a seed does to it") {
  run_seeds({.name = "one engine",
             .engines = 1,
             .credit = 8,
             .tasks = 40,
             .faults = 30,
             .throwing = 50,
             .taking_long = 30});
}

TEST_CASE("frames that are late, doubled or out of order change nothing") {
  const Experience sum =
      run_seeds({.name = "bad weather",
                 .clients = 2,
                 .faults = 24,
                 .mix = {.disturb_engine = 2, .disturb_node = 1, .disturb_client = 2}});
  if (!all_seeds()) return;
  CHECK(sum.network.doubled > 0);
  CHECK(sum.network.overtaken > 0);
}

TEST_CASE("processes that are stopped for a while go on") {
  run_seeds({.name = "stops",
             .clients = 2,
             .faults = 8,
             .mix = {.stop_engine = 1, .stop_node = 2, .stop_client = 2, .stop_controller = 2}});
}

TEST_CASE("a controller that is stopped for a while gives nobody up") {
  run_seeds({.name = "the controller stops",
             .clients = 2,
             .faults = 10,
             .mix = {.cut_engine = 1, .cut_client = 2, .stop_controller = 1}});
}

TEST_CASE(
    "rule 7: a controller that is killed and started again loses nothing and runs nothing twice") {
  const Experience sum = run_seeds(
      {.name = "the controller dies", .clients = 2, .faults = 4, .mix = {.kill_controller = 1}});
  if (!all_seeds()) return;
  CHECK(sum.restarts > 0);
  CHECK(sum.adopted > 0);
}

TEST_CASE("rule 7: controller, engines and clients die and are cut off in any order") {
  run_seeds({.name = "the controller dies, and others",
             .clients = 3,
             .images = 2,
             .nodes = 2,
             .engines = 2,
             .tasks = 80,
             .mix = {.kill_engine = 3,
                     .cut_engine = 2,
                     .stop_engine = 1,
                     .part_engine = 1,
                     .part_node = 1,
                     .cut_client = 1,
                     .kill_client = 1,
                     .part_client = 1,
                     .stop_controller = 1,
                     .kill_controller = 3},
             .addressed = 15,
             .in_rows = 30,
             .limited = 15});
}

TEST_CASE("rule 17: what is addressed runs at most once, however often the controller dies") {
  run_seeds({.name = "the controller dies over addressed tasks",
             .clients = 2,
             .faults = 8,
             .mix = {.cut_client = 1, .disturb_client = 4, .kill_controller = 4},
             .throwing = 5,
             .taking_long = 5,
             .addressed = 90});
}

TEST_CASE("rule 7: rows and large bodies survive a controller that is started again") {
  run_seeds({.name = "the controller dies under rows and large bodies",
             .clients = 2,
             .engines = 3,
             .credit = 0,
             .tasks = 40,
             .faults = 6,
             .mix = {.cut_engine = 1, .cut_client = 1, .kill_controller = 2},
             .addressed = 20,
             .cancelling = 20,
             .in_rows = 40,
             .large = 30});
}

TEST_CASE("the tasks of clients that die are dropped and leave the engines to others") {
  run_seeds({.name = "clients die",
             .clients = 6,
             .images = 3,
             .engines = 2,
             .credit = 0,
             .tasks = 120,
             .faults = 8,
             .mix = {.cut_client = 2, .kill_client = 3},
             .at_once = true});
}

TEST_CASE("five programs and more than an engine keeps warm survive what a seed does to them") {
  run_seeds({.name = "many programs",
             .clients = 5,
             .images = 5,
             .engines = 2,
             .tasks = 100,
             .addressed = 20});
}

TEST_CASE("programs whose processes die while they wait for an engine get it in the end") {
  run_seeds({.name = "warm processes die",
             .clients = 3,
             .images = 3,
             .engines = 1,
             .tasks = 40,
             .faults = 40,
             .mix = {.kill_engine = 1},
             .taking_long = 20,
             .addressed = 30});
}

TEST_CASE("tasks that are addressed to an engine run there, or end with its process") {
  run_seeds({.name = "addressed", .clients = 2, .images = 2, .faults = 10, .addressed = 70});
}

TEST_CASE("a cluster that is stopped while tasks run tells everybody") {
  run_seeds(
      {.name = "goodbye", .clients = 3, .images = 2, .taking_long = 30, .ending = Ending::goodbye});
}

TEST_CASE("a controller that is gone without a word doesn't keep its clients for ever") {
  run_seeds({.name = "silence",
             .clients = 3,
             .images = 2,
             .tasks = 30,
             .taking_long = 30,
             .ending = Ending::silence});
}

TEST_CASE("without faults every item of a row runs once and settles") {
  run_seeds({.name = "rows, no faults", .tasks = 120, .faults = 0, .in_rows = 70});
}

TEST_CASE("rule 18: items of a row survive what a seed does to their neighbours") {
  const Experience sum = run_seeds({.name = "rows", .tasks = 120, .in_rows = 70});
  if (!all_seeds()) return;
  CHECK(sum.crashes > 0);
  CHECK(sum.moves > 0);
}

TEST_CASE("rule 18: rows are shared among engines that idle, whatever a seed does to them") {
  const Experience sum = run_seeds({.name = "rows, adaptive credit",
                                    .clients = 2,
                                    .engines = 4,
                                    .credit = 0,
                                    .tasks = 150,
                                    .taking_long = 20,
                                    .in_rows = 60});
  if (!all_seeds()) return;
  CHECK(sum.recalled > 0);
}

TEST_CASE("rule 18: two clients' rows on engines in turn survive what a seed does to them") {
  run_seeds({.name = "rows in turn",
             .clients = 2,
             .images = 2,
             .engines = 2,
             .credit = 2,
             .scheme = controller::Scheme::roundrobin,
             .tasks = 100,
             .faults = 30,
             .throwing = 50,
             .addressed = 20,
             .in_rows = 60});
}

TEST_CASE("rule 21: bodies on links that end again and again arrive whole, once") {
  run_seeds({.name = "large bodies, links end",
             .engines = 2,
             .tasks = 20,
             .faults = 100,
             .mix = {.cut_engine = 2, .cut_client = 1},
             .throwing = 0,
             .taking_long = 0,
             .addressed = 0,
             .cancelling = 0,
             .large = 90});
}

TEST_CASE("bodies that stream survive what a seed does to them") {
  run_seeds({.name = "large bodies",
             .clients = 2,
             .engines = 3,
             .credit = 3,
             .tasks = 20,
             .faults = 24,
             .in_rows = 30,
             .large = 40});
}

TEST_CASE("without faults a time limit ends the tasks that pass it and no others") {
  const Experience sum = run_seeds({.name = "limits, no faults",
                                    .clients = 2,
                                    .engines = 3,
                                    .tasks = 60,
                                    .faults = 0,
                                    .taking_long = 30,
                                    .in_rows = 30,
                                    .limited = 60});
  CHECK(sum.crashes == 0);
  if (!all_seeds()) return;
  for (const Limit limit : {Limit::queue, Limit::run, Limit::total})
    CHECK(sum.timed_out[static_cast<std::size_t>(limit)] > 0);
}

TEST_CASE("rule 25: values that tasks name are there when they start, whatever a seed does") {
  const Experience sum = run_seeds({.name = "bound values",
                                    .clients = 2,
                                    .nodes = 2,
                                    .engines = 2,
                                    .credit = 0,
                                    .tasks = 100,
                                    .cancelling = 15,
                                    .in_rows = 20,
                                    .large = 5,
                                    .awaiting = 10,
                                    .naming = 60,
                                    .sharing = 30});
  if (!all_seeds()) return;
  CHECK(sum.values_sent > 0);
  CHECK(sum.values_handed_over > 0);
}

TEST_CASE("rule 25: without faults a value goes to each engine once, a large one to each host") {
  const Experience sum = run_seeds({.name = "bound values, no faults",
                                    .clients = 2,
                                    .engines = 4,
                                    .credit = 0,
                                    .tasks = 200,
                                    .faults = 0,
                                    .cancelling = 0,
                                    .naming = 60});
  // There are six of them, of which two are large.
  CHECK(sum.most_values_sent <= 4 * 4);
  CHECK(sum.most_values_to_hosts <= 2);
}

TEST_CASE("tasks with time limits survive what a seed does to their engines, or time out") {
  run_seeds({.name = "limits", .clients = 2, .taking_long = 20, .in_rows = 30, .limited = 60});
}

TEST_CASE("rule 23: a client that is stopped costs its share of memory and nobody their time") {
  const Experience sum = run_seeds({.name = "clients that take nothing",
                                    .clients = 2,
                                    .images = 2,
                                    .engines = 2,
                                    .credit = 1,
                                    .tasks = 60,
                                    .faults = 6,
                                    .mix = {.stop_client = 1},
                                    .throwing = 5,
                                    .taking_long = 0,
                                    .cancelling = 5,
                                    .large = 60,
                                    .untaken = std::size_t{2} << 20,
                                    .fair_within = 1500ms});
  if (!all_seeds()) return;
  CHECK(sum.held_back > 0);
}

TEST_CASE("rule 16: a cancel that meets a large value on its way is told what becomes of it") {
  run_seeds({.name = "large values, cancelled",
             .engines = 3,
             .tasks = 24,
             .faults = 4,
             .mix = {.cut_engine = 1, .cut_client = 1},
             .throwing = 0,
             .taking_long = 0,
             .addressed = 0,
             .cancelling = 90,
             .large = 80});
}

}  // namespace muster::simulation
