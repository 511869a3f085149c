// A view of a string that stays in the engine.
#include <string>
#include <string_view>

#include <muster/muster.hpp>

std::string first_word(const std::string& text);
std::string_view first_view(const std::string& text);

void work(const muster::LoadBalancedView& view) {
  view.apply<first_word>("hello world");
  // MISTAKE view.apply<first_view>("hello world");
  // SAYS a task returns a value, not a pointer or a view into the engine
}
