#pragma once
// Code that a program brings besides its own.

#include <string>
#include <utility>

#include <muster/detail/modules.hpp>

namespace muster {

/// A task module, or another program, that a client has loaded (Client::load, Client::compile): a
/// handle, for
/// `view.from(module)`. Copies name the same module. Its functions are called by name, see Remote.
class Module {
 public:
  explicit Module(detail::ModulePtr module) : module_(std::move(module)) {}

  /// The file, as it was found on this host.
  std::string path() const { return detail::path_of(*module_); }
  /// 64 hexadecimal digits, which are the same for files of the same content only.
  std::string digest() const { return detail::digest_of(*module_); }

  const detail::ModulePtr& module() const { return module_; }

 private:
  detail::ModulePtr module_;
};

}  // namespace muster
