// A program that uses MPI in its tasks; its ranks are engines. The first argument says what its
// client does.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

#include <mpi.h>
#include <unistd.h>

#include <muster/muster.hpp>

namespace {

using namespace std::chrono_literals;

std::string reduce(muster::Context& context) {
  int rank = 0;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int own = rank + 1;
  int sum = 0;
  MPI_Allreduce(&own, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return "engine " + std::to_string(context.engine()) + " rank " + std::to_string(rank) + " of " +
         std::to_string(size) + " sum " + std::to_string(sum);
}

/// Ends when all ranks have come here.
int meet() {
  MPI_Barrier(MPI_COMM_WORLD);
  return 0;
}

int own_pid() {
  return ::getpid();
}

int main_of(const std::string& what, std::size_t ranks) {
  muster::Client client;
  client.wait_for_engines(ranks);
  const auto all = client.all();
  if (what == "reduce") {
    for (const std::string& line : all.apply<reduce>().get())
      std::printf("%s\n", line.c_str());
    return 0;
  }
  if (what == "shutdown") {
    client.shutdown({0});
    client[1].apply<own_pid>().get();
    std::printf("one is left\n");
    client.shutdown();
    return 0;
  }
  // "meet": all but the last come, and wait for it.
  std::vector<int> ids = client.ids();
  ids.pop_back();
  const auto waiting = client[ids].apply<meet>();
  std::printf("they wait\n");
  std::fflush(stdout);
  std::size_t lost = 0;
  try {
    waiting.get();
  } catch (const muster::CompositeError& error) {
    lost = error.parts().size();
  } catch (const muster::EngineLost&) {
    lost = 1;
  } catch (const muster::ConnectionLost&) {
    std::printf("the cluster has ended\n");
    return 0;
  }
  std::printf("%zu are lost\n", lost);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  return main_of(argc > 1 ? argv[1] : "reduce", argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
} catch (const std::exception& error) {
  std::fprintf(stderr, "mpi_program: %s\n", error.what());
  return 1;
}
