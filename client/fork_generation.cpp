#include "client/fork_generation.hpp"

#include <atomic>

#include <pthread.h>

namespace muster::client {
namespace {

std::atomic<unsigned> generation{0};

void count_fork() {
  generation.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

unsigned fork_generation() {
  // Registered when the first connection asks, for good.
  static const int registered = ::pthread_atfork(nullptr, nullptr, count_fork);
  static_cast<void>(registered);
  return generation.load(std::memory_order_relaxed);
}

}  // namespace muster::client
