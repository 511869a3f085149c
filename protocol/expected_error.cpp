#include "protocol/expected_error.hpp"

#include <map>
#include <mutex>

namespace muster::detail {
namespace {

struct Expected {
  std::mutex mutex;
  std::map<std::string_view, ExpectedError> by_name;
};

/// Never destroyed: an engine's thread may still describe an exception while the program exits.
Expected& expected() {
  static Expected* const types = new Expected;
  return *types;
}

}  // namespace

bool expect_error(const ExpectedError& error) {
  const std::lock_guard lock(expected().mutex);
  return expected().by_name.emplace(error.name, error).second;
}

const ExpectedError* expected_error(std::string_view name) {
  const std::lock_guard lock(expected().mutex);
  const auto found = expected().by_name.find(name);
  return found == expected().by_name.end() ? nullptr : &found->second;
}

}  // namespace muster::detail
