#include <exception>
#include <utility>

#include <muster/outcome.hpp>

namespace muster::detail {

void throw_failures(std::vector<CompositeError::Part> failures) {
  if (failures.size() == 1) std::rethrow_exception(failures.front().error);
  if (!failures.empty()) throw CompositeError(std::move(failures));
}

}  // namespace muster::detail
