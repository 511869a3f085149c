#include "bench/driver/rows.hpp"

#include <array>

namespace muster::bench {
namespace {

constexpr std::array table_of_rows{
    Row{"floor.frames_7.tasks_per_s", "bare broker, 7 frames a task", "tasks/s"},
    Row{"floor.frames_7_credit_64.tasks_per_s", "the same with 64 at a worker", "tasks/s"},
    Row{"floor.frames_2.tasks_per_s", "bare broker, 2 frames a task", "tasks/s"},
    Row{"floor.packed.tasks_per_s", "bare broker, packed records", "tasks/s"},
    Row{"ours.no_op.tasks_per_s", "**Muster, no-op tasks**", "tasks/s"},
    Row{"ours.no_op_adaptive.tasks_per_s", "**the same with the credit that the cluster chooses**",
        "tasks/s"},
    Row{"floor.packed_credit_1.tasks_per_s", "bare broker, packed records, one at a worker",
        "tasks/s"},
    Row{"ours.no_op_credit_1.tasks_per_s", "**Muster, no-op tasks, `--hwm 1`**", "tasks/s"},
    Row{"ours.in_order.tasks_per_s", "**no-op tasks, results in order**", "tasks/s"},
    Row{"ours.as_completed.tasks_per_s", "**no-op tasks, results as they come**", "tasks/s"},
    Row{"floor.raw_round_trip.one_core.p50_us", "two raw hops, one core, p50", "us"},
    Row{"floor.round_trip.one_core.p50_us", "bare round trip, one core, p50", "us"},
    Row{"ours.round_trip.one_core.p50_us", "**apply().get(), one core, p50**", "us"},
    Row{"ours.embedded_round_trip.one_core.p50_us", "**apply().get(), embedded, one core, p50**",
        "us"},
    Row{"floor.round_trip.one_core.p99_us", "bare round trip, one core, p99", "us"},
    Row{"ours.round_trip.one_core.p99_us", "**apply().get(), one core, p99**", "us"},
    Row{"ours.embedded_round_trip.one_core.p99_us", "**apply().get(), embedded, one core, p99**",
        "us"},
    Row{"floor.round_trip.free.p50_us", "bare round trip, free, p50", "us"},
    Row{"ours.round_trip.free.p50_us", "**apply().get(), free, p50**", "us"},
    Row{"ours.embedded_round_trip.free.p50_us", "**apply().get(), embedded, free, p50**", "us"},
    Row{"floor.round_trip.free.p99_us", "bare round trip, free, p99", "us"},
    Row{"ours.round_trip.free.p99_us", "**apply().get(), free, p99**", "us"},
    Row{"ours.embedded_round_trip.free.p99_us", "**apply().get(), embedded, free, p99**", "us"},
    Row{"floor.list_schedule.uneven.ms", "list schedule: 200 tasks of 0 to 50 ms", "ms"},
    Row{"ours.makespan.uneven.ms", "**makespan: 200 tasks of 0 to 50 ms**", "ms"},
    Row{"floor.list_schedule.straggler.ms", "list schedule: 1,000 tasks, one 100 times longer",
        "ms"},
    Row{"ours.makespan.straggler.ms", "**makespan: 1,000 tasks, one 100 times longer**", "ms"},
    Row{"floor.list_schedule.decreasing.ms", "list schedule: 200 tasks of decreasing length", "ms"},
    Row{"ours.makespan.decreasing.ms", "**makespan: 200 tasks of decreasing length**", "ms"},
    Row{"floor.list_schedule.empty_then_long.ms", "list schedule: 20,000 empty tasks, then 40",
        "ms"},
    Row{"ours.makespan.empty_then_long.ms", "**makespan: 20,000 empty tasks, then 40**", "ms"},
    Row{"floor.list_schedule.slow_engine.ms", "list schedule: one engine 10 times slower", "ms"},
    Row{"ours.makespan.slow_engine.ms", "**makespan: one engine 10 times slower**", "ms"},
    Row{"ours.makespan_hwm_1.ms", "**makespan: 200 tasks of 0 to 50 ms, `--hwm 1`**", "ms"},
    Row{"floor.chunks.large.mb_per_s", "64 MB in chunks, bare broker, there and back", "MiB/s"},
    Row{"ours.echo.large.mb_per_s", "**64 MB through a task and back**", "MiB/s"},
    Row{"floor.chunks.largest.mb_per_s", "1 GB in chunks, bare broker, there and back", "MiB/s"},
    Row{"ours.echo.largest.mb_per_s", "**1 GB through a task and back**", "MiB/s"},
    Row{"floor.small_beside.p99_us", "small round trip beside 1 GB, bare broker, p99", "us"},
    Row{"ours.small_beside.p99_us", "**apply().get() beside 1 GB, p99**", "us"},
    Row{"ours.queued.controller_bytes", "**controller's memory for a queued task**", "B"},
    Row{"ours.queued.client_bytes", "**client's memory for an open result**", "B"},
    Row{"ours.ipc.tasks_per_s", "**no-op tasks, unix sockets**", "tasks/s"},
    Row{"ours.curve.tasks_per_s", "**no-op tasks, CURVE over TCP**", "tasks/s"},
    Row{"ours.ipc.one_core.p50_us", "**apply().get(), unix sockets, one core, p50**", "us"},
    Row{"ours.curve.one_core.p50_us", "**apply().get(), CURVE over TCP, one core, p50**", "us"},
    Row{"ours.few_connected.tasks_per_s", "**no-op tasks, 4 simulated engines**", "tasks/s"},
    Row{"ours.many_connected.tasks_per_s", "**no-op tasks, 4,000 simulated engines**", "tasks/s"},
    Row{"floor.spawn.ms", "four bare processes that connect", "ms"},
    Row{"ours.start.ms", "**`muster start -n 4 --daemonize`**", "ms"},
    Row{"ours.first_result.ms", "**the same and a stranger's first result**", "ms"},
    Row{"floor.spawn_many.ms", "64 bare processes that connect", "ms"},
    Row{"ours.first_result_many.ms", "**64 engines to a stranger's first result**", "ms"},
    Row{"ours.idle.percent", "**idle cluster of 4 engines**", "% of a core"},
    Row{"ours.idle.controller_mb", "**memory of its controller**", "MB"},
    Row{"ours.idle.node_mb", "**memory of its node**", "MB"},
    Row{"ours.idle.engine_mb", "**memory of an engine**", "MB"},
};

}  // namespace

std::span<const Row> rows() {
  return table_of_rows;
}

}  // namespace muster::bench
