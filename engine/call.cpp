#include "engine/call.hpp"

#include <string>

#include <muster/detail/failure.hpp>

#include "engine/unknown_task.hpp"
#include "protocol/arguments_text.hpp"

namespace muster::engine {

wire::OutcomeKind describe_exception(const Code& code, wire::Bytes arguments,
                                     detail::Buffer& body) {
  body.clear();
  // A command of the system is named by its own error.
  const bool is_command = code.name.find("run_shell_command") != std::string::npos;
  detail::encode_current_exception(body,
                                   is_command ? std::string() : wire::arguments_text(arguments));
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
