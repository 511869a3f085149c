// Submits tasks with results of 8 MB that wait for a gate, says so, and then looks at each result.

#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"

namespace {

constexpr std::size_t count = 1'000'000;

std::vector<double> numbers(int which, const std::string& gate) {
  muster::test::pass(gate);
  return std::vector<double>(count, which);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int tasks = std::stoi(argv[2]);
  muster::Client client;
  const auto view = client.load_balanced_view();
  std::vector<muster::AsyncResult<std::vector<double>>> results;
  for (int i = 0; i < tasks; ++i)
    results.push_back(view.apply<numbers>(i, std::string(argv[1])));
  std::puts("submitted");
  std::fflush(stdout);
  for (int i = 0; i < tasks; ++i) {
    if (results[static_cast<std::size_t>(i)].get() != std::vector<double>(count, i)) return 1;
  }
  std::puts("all right");
}
