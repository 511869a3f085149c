// How long apply().get() takes with a cluster of the program's own, one after the other.
//   ours_embedded_round_trip ROUNDS

#include <cstdlib>
#include <string>

#include <muster/muster.hpp>

#include "bench/latency.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

std::string echo(const std::string& body) {
  return body;
}

void run(std::size_t rounds) {
  // One engine, as the floor has one worker.
  const Cluster cluster({.engines = 1, .hwm = 1});
  const LoadBalancedView view = cluster.load_balanced_view();
  const std::string body(body_bytes, 'b');
  print_latency(rounds, [&] { view.apply<echo>(body).get(); });
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 2000);
}
