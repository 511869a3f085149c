// A class that says nothing about how it travels, as a result.
#include <muster/muster.hpp>

struct Point {
  double x = 0, y = 0;
  MSGPACK_DEFINE(x, y);
  // MISTAKE // without MSGPACK_DEFINE
};

Point origin();

void work(const muster::LoadBalancedView& view) {
  const Point point = view.apply<origin>().get();
  // SAYS a task's result is of a type that cannot travel: give it MSGPACK_DEFINE
}
