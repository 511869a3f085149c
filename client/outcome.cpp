#include <exception>
#include <utility>

#include <muster/outcome.hpp>

namespace muster::detail {

void throw_failures(std::vector<CompositeError::Part> failures) {
  for (CompositeError::Part& part : failures) {
    if (part.engine >= 0) continue;
    try {
      std::rethrow_exception(part.error);
    } catch (const TaskError& error) {
      part.engine = error.engine();
    } catch (...) {  // it has no place
    }
  }
  if (failures.size() == 1) std::rethrow_exception(failures.front().error);
  if (!failures.empty()) throw CompositeError(std::move(failures));
}

}  // namespace muster::detail
