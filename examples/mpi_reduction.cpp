// A reduction across engines that are the ranks of an MPI job, started from the client, which is no
// rank and doesn't use MPI:
//   muster start -n 0 --daemonize
//   mpiexec -n 4 ./mpi_reduction --muster-mpi &
//   ./mpi_reduction 4
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <mpi.h>

#include <muster/muster.hpp>

// Runs on all ranks at once. Each integrates its part of 4 / (1 + x²), and has the sum of all.
double integrate_together(long steps) {
  int rank = 0, ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  double part = 0, sum = 0;
  for (long i = rank; i < steps; i += ranks) {
    const double x = (static_cast<double>(i) + 0.5) / static_cast<double>(steps);
    part += 4 / (1 + x * x);
  }
  MPI_Allreduce(&part, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sum / static_cast<double>(steps);
}

std::string place(muster::Context& context) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return "engine " + std::to_string(context.engine()) + " is rank " + std::to_string(rank);
}

int main(int argc, char** argv) try {
  const std::size_t ranks = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1;
  muster::Client client;
  client.wait_for_engines(ranks);
  const auto all = client.all();
  for (const std::string& line : all.apply<place>().get())
    std::printf("%s\n", line.c_str());
  // A call of all of them, so that each comes to MPI_Allreduce.
  const std::vector<double> values = all.apply<integrate_together>(1'000'000).get();
  for (const double value : values)
    if (std::abs(value - 3.141592653589793) > 1e-9 || value != values.front())
      return std::fprintf(stderr, "mpi_reduction: %.12f isn't pi\n", value), 1;
  std::printf("pi is %.9f on each of %zu\n", values.front(), values.size());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "mpi_reduction: %s\n", error.what()), 1;
}
