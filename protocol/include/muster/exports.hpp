#pragma once
// How a task module, or a program, lets its functions be called by name.

#include <string>
#include <string_view>

#include <muster/detail/call.hpp>
#include <muster/detail/chunk_call.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/export_name.hpp>
#include <muster/detail/filled_call.hpp>
#include <muster/detail/number_run.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/error.hpp>

namespace muster {

namespace detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class Task>
void export_task(std::string_view given) {
  refuse_mistakes<task_verdict<Task>()>();
  std::string name(given);
  if (name.empty()) name = qualified_name(typeid(Task).name());
  if (name.empty() || name.find(' ') != std::string::npos) {
    throw ClusterError("'" + name + "' is no name to export a function by: give it one, " +
                       "muster::Exports<f> exported{\"name\"};");
  }
  TaskTable& table = TaskTable::instance();
  const std::string full = export_name<Task>(name);
  table.add(full, &thunk<Task>, run_thunk<Task>());
  const std::string filled = export_name_of_filled(full);
  table.add(filled, &filled_thunk<Task>);
  if constexpr (SentParametersOf<Task>::size > 0) {
    table.add(export_name_of_chunks(full), &chunk_thunk<Task>);
    table.add(export_name_of_chunks(filled), &filled_chunk_thunk<Task>);
  }
}

#pragma GCC visibility pop

}  // namespace detail

/// An object of this type at namespace scope exports functions: `muster::Exports<jobs::solve>
/// exported;`, and of several `muster::Exports<f, g>`. Each has the name that it has in the source,
/// with its namespaces ("jobs::solve"; what stands in an unnamed one as if it stood outside), and
/// can be called as muster::Remote<double(double)>{"jobs::solve"}. Functions of one name differ by
/// what they take and give: `muster::Exports<muster::as<int(int)>(f)>`.
///
/// Where it stands has to be linked: an object file of a static library that nobody asks for isn't.
/// Its constructor throws ClusterError, which ends the program, for a name that can't be one.
// clang-format 14 takes the attribute for the class.
// clang-format off
template <auto... F>
class [[gnu::visibility("hidden")]] Exports {
 public:
  Exports() { (detail::export_task<detail::Constant<F>>({}), ...); }
  /// One function, by another name: without spaces.
  explicit Exports(std::string_view name) requires(sizeof...(F) == 1) {
    (detail::export_task<detail::Constant<F>>(name), ...);
  }
};
// clang-format on

}  // namespace muster
