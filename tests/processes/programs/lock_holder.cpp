// lock_holder NAME: takes the lock and keeps it for ever, whatever it is told, saying what happens.

#include <cstdio>
#include <stop_token>

#include <unistd.h>

#include <muster/muster.hpp>

int main(int, char** argv) {
  muster::Client client;
  const auto held = client.lock(argv[1]).acquire();
  std::printf("has it, %ld\n", static_cast<long>(held.fence()));
  std::fflush(stdout);
  const std::stop_callback asked(held.stop_token(), [] {
    std::printf("was asked to stop\n");
    std::fflush(stdout);
  });
  for (;;)
    ::pause();
}
