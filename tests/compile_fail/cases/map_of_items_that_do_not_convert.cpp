// Texts where numbers belong.
#include <string>
#include <vector>

#include <muster/muster.hpp>

int twice(int x);

void work(const muster::LoadBalancedView& view) {
  const std::vector<int> words(3);
  // MISTAKE const std::vector<std::string> words(3);
  // SAYS argument does not convert to the task's parameter
  for (auto [index, y] : view.map<twice>(words).as_completed()) {
    view.apply<twice>(y);
  }
}
