// named_client GATE: runs one task that has a name, which waits at the gate, and prints its value.

#include <cstdio>
#include <stop_token>
#include <string>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"

namespace {

int behind_gate(const std::string& gate, std::stop_token stop) {
  muster::test::note_each(gate, "run");
  muster::test::pass(gate, stop);
  return 7;
}

}  // namespace

int main(int, char** argv) {
  const muster::Client client;
  const auto view = client.load_balanced_view({.key = "sweep 1"});
  std::printf("%d\n", view.apply<behind_gate>(argv[1]).get());
}
