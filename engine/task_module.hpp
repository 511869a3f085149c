#pragma once
// A task module, as the process loads it that serves its functions.

#include <stdexcept>
#include <string>

#include <muster/detail/entry.hpp>

namespace muster::engine {

/// What the dynamic loader says, or what is wrong with the file.
class ModuleTrouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The table of the functions that the module exports. It stays loaded for ever: what it has begun
/// (threads, static objects, handlers) has its code. `file` is a descriptor of it, `path` where it
/// is on its client's host, and perhaps here. Throws ModuleTrouble.
const detail::TaskTable& load_module(int file, const std::string& path);

}  // namespace muster::engine
