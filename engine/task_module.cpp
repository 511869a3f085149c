#include "engine/task_module.hpp"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/detail/module_entry.hpp>

namespace muster::engine {
namespace {

/// What lies at the path is what the descriptor was opened on. Its own place is the better name for
/// the loader: $ORIGIN means something there, and so do the names in a debugger.
bool is_at(int file, const std::string& path) {
  struct stat one {};
  struct stat other {};
  return ::fstat(file, &one) == 0 && ::stat(path.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

const detail::TaskTable& load_module(int file, const std::string& path) {
  const std::string descriptor = "/proc/self/fd/" + std::to_string(file);
  const std::string name = is_at(file, path) ? path : descriptor;
  // Local: no other module, and nothing that a task loads later, is to find its symbols.
  void* const module = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    std::string text = ::dlerror();
    replace_all(text, descriptor, path);
    throw ModuleTrouble("error while loading shared libraries: " + text);
  }
  ::close(file);
  const auto* entry =
      static_cast<const detail::ModuleEntry*>(::dlsym(module, detail::module_symbol));
  if (entry == nullptr) {
    throw ModuleTrouble(path + " is no task module: build it with muster_add_module");
  }
  if (entry->layout != detail::module_layout()) {
    throw ModuleTrouble(path + " was built with another version of Muster, or with another " +
                        "standard library, than the engine that was to load it; build it again");
  }
  return entry->tasks();
}

}  // namespace muster::engine
