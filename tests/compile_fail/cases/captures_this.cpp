// A lambda inside of a member function that uses a member.
#include <muster/muster.hpp>

struct Model {
  int factor = 2;

  int scaled(const muster::LoadBalancedView& view, int x) {
    return view.apply([](int by, int of) { return by * of; }, factor, x).get();
    // MISTAKE return view.apply([this](int of) { return factor * of; }, x).get();
    // SAYS a task may not capture: pass what it needs as arguments
  }
};
