#pragma once
// Addresses in another process as names of functions, by the symbol tables of the files that it has
// mapped; no debugger, no debug information.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace muster::launcher {

class SymbolNames {
 public:
  /// Reads which files the process has mapped now.
  explicit SymbolNames(pid_t process);

  /// "simulate(double)+0x1a in program"; the file and the place in it when it has no name there;
  /// the number when it is in no file. `is_call`: it is where a call returns to.
  std::string name(std::uint64_t address, bool is_call);

 private:
  struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    std::string path;
  };
  struct Symbol {
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
    std::string name;
  };
  struct Segment {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t address = 0;
  };
  struct File {
    std::vector<Segment> segments;
    std::vector<Symbol> symbols;  ///< of functions, by where they begin
  };

  const File& file_of(const Mapping& mapping);
  static File read_file(const std::string& path);

  pid_t process_;
  std::string program_;  ///< the path of what it executes
  std::vector<Mapping> mappings_;
  std::map<std::string, File> files_;
};

}  // namespace muster::launcher
