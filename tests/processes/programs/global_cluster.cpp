// A cluster that is a global object, which every engine of the program makes too.

#include <cstdio>

#include <unistd.h>

#include <muster/muster.hpp>

namespace {

int answer() {
  return 42;
}

muster::Cluster cluster({.engines = 2});

}  // namespace

int main() {
  std::printf("%d\n", cluster.load_balanced_view().apply<answer>().get());
  std::fflush(stdout);
  ::pause();  // until its reader has counted
}
