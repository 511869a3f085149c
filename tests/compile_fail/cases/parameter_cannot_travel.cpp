// A class that says nothing about how it travels.
#include <muster/muster.hpp>

struct Point {
  double x = 0, y = 0;
  MSGPACK_DEFINE(x, y);
  // MISTAKE // without MSGPACK_DEFINE
};

double length(const Point& point);

void work(const muster::LoadBalancedView& view) {
  view.apply<length>(Point{});
  // SAYS a task's parameter is of a type that cannot travel: give it MSGPACK_DEFINE
}
