#pragma once
// The shared libraries that this process has loaded, by the build-ids that their linker gave them,
// or by the hashes of their files where it gave none.

#include <string>
#include <vector>

#include "protocol/body.hpp"

namespace muster::wire {

/// Those that came with a program rather than with the system (whose directories are /lib, /usr/lib
/// and their like): of these a program's client and its engines must have the same.
std::vector<LoadedObject> loaded_objects();

/// The first library that both have, in different builds; null when there is none.
const LoadedObject* first_difference(const std::vector<LoadedObject>& ones,
                                     const std::vector<LoadedObject>& others);

}  // namespace muster::wire
