// What somebody else's task module looks like.
#include <string>

#include <muster/module.hpp>

namespace greetings {

std::string greet(const std::string& name) {
  return "hello " + name;
}

}  // namespace greetings

static const muster::Exports<greetings::greet> exported;
