// A value that nobody can encode is pushed.
#include <muster/muster.hpp>

struct Point {
  double x, y;
};

void work(const muster::DirectView& view, const Point& point) {
  view.push("x", point.x);
  // MISTAKE view.push("x", point);
  // SAYS FIRST what is pushed is of a type that cannot travel: give it MSGPACK_DEFINE
}
