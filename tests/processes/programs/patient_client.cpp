// patient_client GATE N [stubborn]: submits N tasks that wait at a gate, also when they are asked
// to stop if they are stubborn, says so, and gets all results.

#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"

namespace {

int wait_at_gate(const std::string& gate, int value, std::stop_token stop) {
  static int runs = 0;
  muster::test::note(gate, "started-" + std::to_string(value) + "-by-" +
                               std::to_string(::getpid()) + "-" + std::to_string(++runs));
  muster::test::pass(gate, stop);
  return value;
}

int wait_stubbornly(const std::string& gate, int value) {
  return wait_at_gate(gate, value, {});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string gate = argv[1];
  const int count = std::stoi(argv[2]);
  muster::Client client;
  const auto view = client.load_balanced_view();
  std::vector<muster::AsyncResult<int>> results;
  for (int i = 0; i < count; ++i)
    results.push_back(argc > 3 ? view.apply<wait_stubbornly>(gate, i)
                               : view.apply<wait_at_gate>(gate, i));
  std::puts("submitted");
  std::fflush(stdout);
  int right = 0;
  for (int i = 0; i < count; ++i)
    right += results[static_cast<std::size_t>(i)].get() == i ? 1 : 0;
  std::printf("%d results\n", right);
  return right == count ? 0 : 1;
}
