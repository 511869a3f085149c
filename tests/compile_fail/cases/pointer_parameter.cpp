// An address means nothing in another process.
#include <string>

#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view) {
  view.apply([](const std::string& text) { return text.size(); }, "hello");
  // MISTAKE view.apply([](const char* text) { return *text; }, "hello");
  // SAYS a task cannot take a pointer: pass the value, or a std::span<const T>
}
