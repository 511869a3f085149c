#pragma once
// What a program's file says about itself, as far as it decides whether it can run on a host.

#include <string>
#include <vector>

namespace muster::launcher {

struct ElfFile {
  /// Why it is no program for this machine; empty when it is one.
  std::string trouble;
  /// It isn't made to be executed, but to be loaded: a library, or a task module.
  bool is_shared_object = false;
  /// The loader that it names; empty when it needs none.
  std::string interpreter;
  /// DT_RUNPATH or DT_RPATH, as they stand there, apart.
  std::vector<std::string> run_paths;
  /// The libraries that it names.
  std::vector<std::string> needed;
};

/// Never throws: what can't be read is trouble.
ElfFile read_elf(int file);

/// The directories of `run_paths` that stand relative to the program ($ORIGIN), for a program that
/// lies in `origin` and that exist on this host.
std::vector<std::string> origin_paths(const ElfFile& elf, const std::string& origin);

}  // namespace muster::launcher
