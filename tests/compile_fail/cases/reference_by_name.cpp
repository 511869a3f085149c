// A pushed value for a function that is called by name.
#include <muster/muster.hpp>

constexpr muster::Remote<double(std::vector<double>)> norm{"jobs::norm"};

void work(const muster::DirectView& view) {
  view.apply<norm>(std::vector<double>{1, 2});
  // MISTAKE view.apply<norm>(muster::Reference{"x"});
  // SAYS a function that is called by name takes values and results
}
