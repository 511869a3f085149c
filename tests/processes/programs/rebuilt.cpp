// rebuilt_one GATE, rebuilt_two GATE: two builds of one program. Prints what a task says of itself,
// waits at the gate, and prints what another one says.

#include <cstdio>
#include <string>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"

namespace {

int version() {
  return PROGRAM_VERSION;
}

}  // namespace

int main(int, char** argv) {
  const muster::Client client;
  const auto view = client.load_balanced_view();
  std::printf("first %d\n", view.apply<version>().get());
  std::fflush(stdout);
  muster::test::pass(argv[1]);
  std::printf("then %d\n", view.apply<version>().get());
}
