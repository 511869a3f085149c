// How long apply().get() takes, one after the other.
//   ours_round_trip ROUNDS ENGINES

#include <cstdlib>
#include <string>

#include <muster/muster.hpp>

#include "bench/latency.hpp"
#include "bench/ours/all_engines.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

std::string echo(const std::string& body) {
  return body;
}

void run(std::size_t rounds, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  const std::string body(body_bytes, 'b');
  print_latency(rounds, [&] { view.apply<echo>(body).get(); });
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 2000,
                     argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 1);
}
