#pragma once
// A command of the system as a call of the task that runs it.

#include <muster/detail/codec.hpp>
#include <muster/detail/prepared_call.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/shell.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// Named by templates only: a program that starts no commands doesn't link what does that.
using ShellTask = Constant<&run_shell_command>;

template <class Task>
PreparedCall shell_call(const ShellCommand& command, const ShellOptions& options) {
  return {Registration<Task>::entry(),
          encode_arguments(SentParametersOf<Task>{}, shell_request(command, options)),
          {}};
}

/// The view's options for this command.
inline void limit_time(ViewOptions& options, const ShellOptions& shell) {
  if (!shell.timeout) return;
  options.timeouts.run = shell.timeout;
  refuse_unsupported(options);
}

}  // namespace muster::detail
