#pragma once
// A call of the user's function, and how it has ended.

#include <string>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/error.hpp>

#include "protocol/limits.hpp"
#include "protocol/record.hpp"

namespace muster::engine {

/// What a job's code stands for in this program.
struct Code {
  const detail::Entry* entry;  ///< null when the program has no such function
  std::string name;
};

/// The outcome of what is being handled, which a call with these arguments has thrown; `body` is
/// overwritten.
wire::OutcomeKind describe_exception(const Code& code, wire::Bytes arguments, detail::Buffer& body);
/// Why a call can't be made. Throws it.
[[noreturn]] void refuse_call(const Code& code, const char* fault, const detail::TaskTable& tasks);

/// Whatever the function throws becomes its outcome; `body` is overwritten. `fault` says why there
/// are no arguments; null when there are. Inline, because it is on every task's path.
inline wire::OutcomeKind call(const Code& code, wire::Bytes arguments, const char* fault,
                              muster::Context& context, const detail::TaskTable& tasks,
                              detail::Buffer& body) {
  body.clear();
  try {
    if (code.entry == nullptr || fault != nullptr) refuse_call(code, fault, tasks);
    code.entry->thunk(arguments, context, body);
    if (body.size() > wire::body_bytes_max) {
      throw TooLarge("body", body.size(), wire::body_bytes_max);
    }
    return wire::OutcomeKind::value;
  } catch (...) {
    return describe_exception(code, arguments, body);
  }
}

}  // namespace muster::engine
