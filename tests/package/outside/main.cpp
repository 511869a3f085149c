// What somebody else writes: a function of their own, run by a cluster that never saw this program.
#include <cstdio>
#include <string>

#include <muster/muster.hpp>

std::string greet(std::string name) {
  return "hello " + name;
}

int main() {
  muster::Client client;
  auto view = client.load_balanced_view();
  std::puts(view.apply<greet>("outside").get().c_str());
}
