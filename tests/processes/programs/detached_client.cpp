// detached_client GATE FILE N [stay]: submits N tasks that wait at a gate under the label "kept",
// writes the handle of its session into the file, says so, and leaves; or stays until it is killed.

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"

namespace {

std::string late_answer(const std::string& gate, int value) {
  muster::test::note(gate, "started-" + std::to_string(value));
  muster::test::pass(gate);
  if (value == 1) throw std::runtime_error("not this one");
  return std::string(static_cast<std::size_t>(value), 'x');
}

}  // namespace

int main(int argc, char** argv) {
  const std::string gate = argv[1];
  const muster::Client client;
  const auto view = client.load_balanced_view().with({.label = "kept"});
  client.session().save(argv[2]);
  std::vector<muster::AsyncResult<std::string>> results;
  for (int i = 0; i < std::stoi(argv[3]); ++i)
    results.push_back(view.apply<late_answer>(gate, i));
  std::puts("submitted");
  std::fflush(stdout);
  while (argc > 4)
    ::pause();
}
