// Connects before main begins, as static objects of libraries may.

#include <cstdio>

#include <muster/muster.hpp>

namespace {

int answer() {
  return 42;
}

const muster::Client client;

}  // namespace

int main() {
  std::printf("%d\n", client.load_balanced_view().apply<answer>().get());
}
