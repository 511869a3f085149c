#include "engine/call.hpp"

#include <muster/detail/failure.hpp>

#include "engine/unknown_task.hpp"

namespace muster::engine {

wire::OutcomeKind describe_exception(detail::Buffer& body) {
  body.clear();
  detail::encode_current_exception(body);
  try {
    throw;
  } catch (const UnmetDependency&) {
    return wire::OutcomeKind::unmet;
  } catch (...) {
    return wire::OutcomeKind::exception;
  }
}

void refuse_call(const Code& code, const char* fault, const detail::TaskTable& tasks) {
  if (code.entry == nullptr) throw UnknownTask(describe_unknown_task(code.name, tasks));
  throw ClusterError(std::string("the arguments didn't arrive: ") + fault);
}

}  // namespace muster::engine
