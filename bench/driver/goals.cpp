#include "bench/driver/goals.hpp"

#include <array>

namespace muster::bench {
namespace {

constexpr bool at_most = true;
constexpr bool at_least = false;

constexpr std::array table_of_goals{
    Reach{"no-op tasks a second, against packed records", "ours.no_op.tasks_per_s",
          "floor.packed.tasks_per_s", at_least, 0.5},
    Reach{"the same with the credit that the cluster chooses", "ours.no_op_adaptive.tasks_per_s",
          "floor.packed.tasks_per_s", at_least, 0.5},
    Reach{"the same, against 7 frames a task with 64 at a worker",
          "ours.no_op_adaptive.tasks_per_s", "floor.frames_7_credit_64.tasks_per_s", at_least, 4},
    Reach{"no-op tasks a second with `--hwm 1`, against packed records, one at a worker",
          "ours.no_op_credit_1.tasks_per_s", "floor.packed_credit_1.tasks_per_s", at_least, 0.9},
    Reach{"no-op tasks a second, against a master and workers in C over MPI",
          "ours.no_op_beside_peers.tasks_per_s", "peer.mpi.tasks_per_s", at_least, 1},
    Reach{"the same, against ipyparallel", "ours.no_op_beside_peers.tasks_per_s",
          "peer.ipyparallel.tasks_per_s", at_least, 1000},
    Reach{"map of 10 million numbers, against multiprocessing.Pool", "ours.map.items_per_s",
          "peer.pool_map.items_per_s", at_least, 5},
    Reach{"a pool of 4, empty tasks, against the best of the other pools", "ours.pools.empty_per_s",
          "peer.pools.best.empty_per_s", at_least, 1},
    Reach{"a pool of 4, tasks of 1 ms, against the best of the other pools", "ours.pools.ms1_per_s",
          "peer.pools.best.ms1_per_s", at_least, 1},
    Reach{"a pool of 4, tasks of 100 ms, against the best of the other pools",
          "ours.pools.ms100_per_s", "peer.pools.best.ms100_per_s", at_least, 1},
    Reach{"a pool of 4, arguments of 1 KiB, against the best of the other pools",
          "ours.pools.kb1_per_s", "peer.pools.best.kb1_per_s", at_least, 1},
    Reach{"a pool of 4, arguments of 64 KiB, against the best of the other pools",
          "ours.pools.kb64_per_s", "peer.pools.best.kb64_per_s", at_least, 1},
    Reach{"a pool of 4, arguments of 1 MiB, against the best of the other pools",
          "ours.pools.mb1_per_s", "peer.pools.best.mb1_per_s", at_least, 1},
    Reach{"a pool of 4, arguments of 64 MiB, against the best of the other pools",
          "ours.pools.mb64_per_s", "peer.pools.best.mb64_per_s", at_least, 1},
    Reach{"a map of a pool with its progress bar, against the same without",
          "ours.pools.with_bar_per_s", "ours.pools.without_bar_per_s", at_least, 0.98},
    Reach{
        "a pool of 4 that is made, runs one task and is gone, against the best of the other pools",
        "ours.pools.cycle_ms", "peer.pools.best.cycle_ms", at_most, 1},
    Reach{"results as they come, against results in order", "ours.as_completed.tasks_per_s",
          "ours.in_order.tasks_per_s", at_least, 0.9},
    Reach{"credit of an engine during no-ops", "ours.credit.no_op", "", at_least, 65, ""},
    Reach{"credit of an engine within 20 long tasks", "ours.credit.long_tasks", "", at_most, 1, ""},
    Reach{"apply().get() on one core, p50, against a bare round trip",
          "ours.round_trip.one_core.p50_us", "floor.round_trip.one_core.p50_us", at_most, 1.25},
    Reach{"the same, p99", "ours.round_trip.one_core.p99_us", "floor.round_trip.one_core.p99_us",
          at_most, 1.5},
    Reach{"the same with an embedded cluster, p50", "ours.embedded_round_trip.one_core.p50_us",
          "floor.round_trip.one_core.p50_us", at_most, 0.75},
    Reach{"makespan of 200 tasks of 0 to 50 ms, against the list schedule",
          "ours.makespan.uneven.ms", "floor.list_schedule.uneven.ms", at_most, 1.03},
    Reach{"of 1,000 tasks, one of which is 100 times longer", "ours.makespan.straggler.ms",
          "floor.list_schedule.straggler.ms", at_most, 1.03},
    Reach{"of 200 tasks of decreasing length", "ours.makespan.decreasing.ms",
          "floor.list_schedule.decreasing.ms", at_most, 1.03},
    Reach{"of 20,000 empty tasks, then 40 of 50 ms", "ours.makespan.empty_then_long.ms",
          "floor.list_schedule.empty_then_long.ms", at_most, 1.03},
    Reach{"with one engine that is 10 times slower", "ours.makespan.slow_engine.ms",
          "floor.list_schedule.slow_engine.ms", at_most, 1.03},
    Reach{"64 MB through a task and back, against chunks (bare broker)", "ours.echo.large.mb_per_s",
          "floor.chunks.large.mb_per_s", at_least, 1},
    Reach{"1 GB through a task and back, the same", "ours.echo.largest.mb_per_s",
          "floor.chunks.largest.mb_per_s", at_least, 0.8},
    Reach{"a small task's p99 while 1 GB flows, against one between chunks",
          "ours.small_beside.p99_us", "floor.small_beside.p99_us", at_most, 1.25},
    Reach{"a decision of the scheduler: 4,000 engines, 1 million empty tasks",
          "ours.decision.empty.many_ns", "", at_most, 50, " ns"},
    Reach{"the same, of tasks of 1 ms", "ours.decision.long.many_ns", "", at_most, 50, " ns"},
    Reach{"the same, empty, against 4 engines and 1 task", "ours.decision.empty.many_ns",
          "ours.decision.empty.few_ns", at_most, 1.5},
    Reach{"controller's memory for a queued task of 100 bytes", "ours.queued.controller_bytes", "",
          at_most, 180, " B"},
    Reach{"controller's memory for all queued tasks", "ours.queued.controller_gib", "", at_most, 4,
          " GiB"},
    Reach{"client's memory for an open result, beside its arguments", "ours.queued.client_bytes",
          "", at_most, 256, " B"},
    Reach{"no-op tasks a second over CURVE and TCP, against unix sockets", "ours.curve.tasks_per_s",
          "ours.ipc.tasks_per_s", at_least, 0.5},
    Reach{"apply().get() on one core, p50, the same", "ours.curve.one_core.p50_us",
          "ours.ipc.one_core.p50_us", at_most, 1.2},
    Reach{"no-op tasks a second with 4,000 simulated engines, against 4 of them",
          "ours.many_connected.tasks_per_s", "ours.few_connected.tasks_per_s", at_least, 0.5},
    Reach{"the last 10 million of 100 million tasks, against the first",
          "ours.long_run.last_tasks_per_s", "ours.long_run.first_tasks_per_s", at_least, 0.95},
    Reach{"controller's memory in the second half of them, against the first",
          "ours.long_run.growth", "", at_most, 1.05},
    Reach{"start of 4 engines to a stranger's first result, against bare processes",
          "ours.first_result.ms", "floor.spawn.ms", at_most, 2},
    Reach{"start of 64 engines, the same", "ours.first_result_many.ms", "floor.spawn_many.ms",
          at_most, 1.5},
    Reach{"an idle cluster of 4, of one core", "ours.idle.percent", "", at_most, 0.3, " %"},
    Reach{"memory of its controller", "ours.idle.controller_mb", "", at_most, 8, " MB"},
    Reach{"memory of its node", "ours.idle.node_mb", "", at_most, 8, " MB"},
    Reach{"memory of an engine", "ours.idle.engine_mb", "", at_most, 8, " MB"},
};

}  // namespace

std::span<const Reach> goals() {
  return table_of_goals;
}

}  // namespace muster::bench
