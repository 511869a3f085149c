#pragma once
// What a task threw, on its way to its caller: types as readable names, texts, the chain of nested
// exceptions, and for standard exceptions enough to throw them again.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/error.hpp>

namespace muster::detail {

/// Appends a description of the exception that is being handled, of any type. `arguments`: what the
/// task was called with, for people.
/// Requires: called from within a catch block. Throws std::bad_alloc only.
void encode_current_exception(Buffer& out, std::string arguments = {});

/// Throws the TaskError of such a description, or, where Muster itself threw them on the engine,
/// UnknownTask, UnknownName and WrongType as they were. If the original, or one nested in it, is a
/// standard exception or derives from one of those below, that standard exception is nested in the
/// TaskError, with the standard ones of its own chain nested in it: runtime_error, range_error,
/// overflow_error, underflow_error, system_error (with its code), logic_error, invalid_argument,
/// domain_error, length_error, out_of_range, bad_alloc. Throws a plain ClusterError when the bytes
/// are no description. Where the program expects the original's type (expecting.hpp), that is
/// thrown instead, with the TaskError nested in it. `printed` is what the task printed last.
[[noreturn]] void rethrow_failure(std::span<const std::byte> failure, int engine,
                                  std::vector<Attempt> attempts, std::string printed = {});

}  // namespace muster::detail
