// The engine supplies a stop token by value or by reference.
#include <stop_token>

#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view) {
  view.apply([](std::stop_token stop) { return stop.stop_requested(); });
  // MISTAKE view.apply([](std::stop_token* stop) { return stop->stop_requested(); });
  // SAYS a task cannot take a pointer: pass the value, or a std::span<const T>
}
