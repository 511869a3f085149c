#include "bench/driver/method.hpp"

namespace muster::bench {

std::string how_it_is_measured() {
  return R"(
## How it is measured

In each round everything runs once, a floor right before what is compared with it; the ratios are
medians over the rounds of the ratio within a round. Everything is on one host, over `ipc`, each
role a process. With `--quick` what is slow, 1 GB, the map and the peers, is measured in the first
round only.

- **Bare brokers** do no cluster work: a client's DEALER, a broker's two ROUTERs, four workers'
  DEALERs; sockets are drained, never polled before each message. 64-byte bodies, 1,024 tasks
  outstanding, 256 at a worker unless it says otherwise; the broker leaves tasks in its socket while
  no worker has room. 7 frames is the layout of ipyparallel; packed is up to 256 records in a
  message, sent off when a pass over the sockets ends.
- **No-op tasks**: one client, 4 engines, `--hwm 256`, the same bodies and the same window; each
  task is an `apply` of its own with an `AsyncResult` of its own. Then the same with the credit
  that the cluster chooses by itself, and with `--hwm 1` beside the packed floor with one task at a
  worker.
- **Results as they come**: a million no-ops are submitted at once, then `get` is called on each, in
  the order of submission or in that of `as_completed`. The time runs from the first submission to
  the last result.
- **Round trips**: one after the other, 64 bytes there and back, one engine or worker, `--hwm 1`. On
  one core all processes are bound to one CPU; free, the kernel moves them, and the time depends on
  where it puts them. Two raw hops: three processes, `read`, `write` and `poll` on unix sockets.
- **Makespan**: from the first submission to the last result, on 4 engines that know the program but
  none of its tasks. Tasks sleep. 200 tasks of 0 to 50 ms, from a seed; 1,000 of 4 ms of which one
  takes 400; 200 whose length falls from 50 ms to nothing; 20,000 empty ones, then 40 of 50 ms; 388
  of 10 ms which one engine needs 100 for. The list schedule gives each task in turn to the engine
  that is free first, and takes no time for it.
- **Large bodies**: bytes of one direction, over the time from `apply` to the result in hand. The
  floor has memory that was used before, sends out of it, copies each chunk of 256 KiB once at each
  end, and keeps 8 of them on their way from one end to the other. Muster's caller has a vector and
  gets a new one, as users do. Small tasks go one after the other to another engine meanwhile; with
  Muster by a second connection, because one with 1 GB open takes no more.
- **Queued tasks**: 4 engines with a task that doesn't end, a million tasks of 100 bytes behind
  those, of four clients (with `--long` ten million, of forty). What the controller's resident
  memory has grown by, for each; and the client's, without the encoded arguments.
- **CURVE over TCP**: the client on the loopback interface, as from another host; the engines stay
  on `ipc`.
- **Connected engines**: one process speaks the engine's side for 4,000 of them, with an engine's
  own session and two sockets each, and answers each task at once. 65,536 tasks are outstanding; the
  same with 4 simulated engines.
- **First result**: from `muster start -n 4` (or 64) until a program that the cluster has never seen
  has the result of its first task. Bare processes: from the first spawn until each has said a word
  on its connection.
- **Idle**: the CPU time of all processes of a cluster that has worked and has no client now, and
  the resident memory of its controller, its node and one engine, shared pages included.
- **Long run** (only with `--long`): 100 million no-ops as above. The memory is the controller's,
  the most of each half.
- **Map**: x * x of 10 million numbers, from the call to the last result in order. The pool has four
  processes and the best of some chunk sizes, which it has found with fewer numbers before.
- **Peers**: four workers each (over MPI a master and three), each task submitted by itself where
  the peer can do that. Their programs are in `bench/peers`.
)";
}

}  // namespace muster::bench
