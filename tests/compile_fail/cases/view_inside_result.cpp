// Views in a container are views still.
#include <string>
#include <string_view>
#include <vector>

#include <muster/muster.hpp>

std::vector<std::string> words(const std::string& text);
std::vector<std::string_view> word_views(const std::string& text);

void work(const muster::LoadBalancedView& view) {
  view.apply<words>("hello world");
  // MISTAKE view.apply<word_views>("hello world");
  // SAYS a task returns a value, not a pointer or a view into the engine
}
