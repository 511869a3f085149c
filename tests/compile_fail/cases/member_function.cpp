// A member function as a value.
#include <string>

#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view, const std::string& text) {
  view.apply([](const std::string& of) { return of.size(); }, text);
  // MISTAKE view.apply(&std::string::size, text);
  // SAYS write apply<f>(...): a task is named when the program is compiled
}
