/* A master that hands each task to the worker that asks next, over MPI: rank 0 is the master.
 *   mpirun -n 4 peer_mpi SECONDS
 * Once with one task at a worker, once with sixteen. */

#include <stdio.h>
#include <stdlib.h>

#include <mpi.h>

enum { body_bytes = 64, tag_task = 1, tag_end = 2 };

static void work(void) {
  char body[body_bytes];
  for (;;) {
    MPI_Status status;
    MPI_Recv(body, body_bytes, MPI_CHAR, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    /* To the end of a measurement it answers like to a task, so that nothing is left on its way. */
    MPI_Send(body, body_bytes, MPI_CHAR, 0, status.MPI_TAG, MPI_COMM_WORLD);
    if (status.MPI_TAG == tag_end) return;
  }
}

static int take_result(void) {
  char body[body_bytes];
  MPI_Status status;
  MPI_Recv(body, body_bytes, MPI_CHAR, MPI_ANY_SOURCE, tag_task, MPI_COMM_WORLD, &status);
  return status.MPI_SOURCE;
}

static void give(int worker, int tag) {
  const char body[body_bytes] = {0};
  MPI_Send(body, body_bytes, MPI_CHAR, worker, tag, MPI_COMM_WORLD);
}

static double rate(int workers, int in_flight, double seconds) {
  for (int worker = 1; worker <= workers; ++worker) {
    for (int i = 0; i < in_flight; ++i) give(worker, tag_task);
  }
  long ended = 0;
  const double start = MPI_Wtime();
  double now = start;
  while (now - start < seconds) {
    for (int i = 0; i < 100; ++i) give(take_result(), tag_task);
    ended += 100;
    now = MPI_Wtime();
  }
  for (int i = 0; i < workers * in_flight; ++i) take_result();
  return (double)ended / (now - start);
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_round_trip_us(void) {
  enum { rounds = 1000 };
  static double samples[rounds];
  for (int i = 0; i < rounds; ++i) {
    const double start = MPI_Wtime();
    give(1, tag_task);
    take_result();
    samples[i] = (MPI_Wtime() - start) * 1e6;
  }
  qsort(samples, rounds, sizeof samples[0], ascending);
  return samples[rounds / 2];
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  int rank = 0, ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (rank == 0) {
    const double one = rate(ranks - 1, 1, seconds);
    const double sixteen = rate(ranks - 1, 16, seconds);
    const double micros = median_round_trip_us();
    for (int worker = 1; worker < ranks; ++worker) give(worker, tag_end);
    printf("{\"tasks_per_s\": %.0f, \"in_flight_16_tasks_per_s\": %.0f, \"p50_us\": %.2f}\n", one,
           sixteen, micros);
  } else {
    work();
  }
  MPI_Finalize();
  return 0;
}
