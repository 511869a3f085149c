#pragma once
// The file of a task module as everybody holds it who needn't look into it.

#include <memory>

namespace muster::detail {

/// Open, and known by its digest.
class LoadedModule;
using ModulePtr = std::shared_ptr<const LoadedModule>;

}  // namespace muster::detail
