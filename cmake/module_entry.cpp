// What makes a shared object a task module: compiled into each of them, and installed as source for
// that. Everything else that a module has in itself stays hidden there (docs/modules.md).

#include <muster/detail/module_entry.hpp>

extern "C" {
[[gnu::visibility("default")]] extern const muster::detail::ModuleEntry muster_module;
const muster::detail::ModuleEntry muster_module{muster::detail::module_layout(),
                                                &muster::detail::TaskTable::instance};
}
