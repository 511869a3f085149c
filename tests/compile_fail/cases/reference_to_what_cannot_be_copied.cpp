// The engine keeps its value, so a parameter can't have it for itself.
#include <memory>

#include <muster/muster.hpp>

int look(const std::unique_ptr<int>& n);
int consume(std::unique_ptr<int> n);

void work(const muster::DirectView& view) {
  view.apply<look>(muster::Reference{"n"});
  // MISTAKE view.apply<consume>(muster::Reference{"n"});
  // SAYS FIRST a value that can't be copied is taken as const T& where a muster::Reference or
  // muster::same stands for it
}
