#pragma once
// The one symbol that a task module shows to the process that loads it.

#include <cstddef>
#include <cstdint>

#include <muster/context.hpp>
#include <muster/detail/bound_store.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/engine_values.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/publication.hpp>
#include <muster/detail/run_items.hpp>

namespace muster::detail {

/// One more whenever the meaning of what both sides share changes: the table, a task's context and
/// what hangs on it, the buffer of its result, a run of items.
inline constexpr std::uint32_t module_format = 1;

/// Differs too where the compiler, or the standard library, lays it out otherwise.
constexpr std::uint32_t module_layout() {
  std::uint32_t sum = module_format;
  for (const std::size_t size : {sizeof(TaskTable), sizeof(Entry), sizeof(Context), sizeof(Buffer),
                                 sizeof(EngineValues), sizeof(Publication), sizeof(RunItems)})
    sum = sum * 31 + static_cast<std::uint32_t>(size);
  return sum;
}

/// Never changes: it is read before anything else is believed.
struct ModuleEntry {
  std::uint32_t layout;
  TaskTable& (*tasks)();
};

inline constexpr const char* module_symbol = "muster_module";

}  // namespace muster::detail
