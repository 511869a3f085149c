#pragma once
// A directory by which a test and its tasks, which run in other processes, wait for each other.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <vector>

#include <unistd.h>

#include "tests/processes/patience.hpp"

namespace muster::test {

/// The test's side. Tasks get `path()` as an argument.
class Gate {
 public:
  explicit Gate(const std::filesystem::path& parent) : path_(parent / "gate") {
    std::filesystem::create_directory(path_);
  }

  std::string path() const { return path_.string(); }
  /// The notes so far that begin with this.
  std::vector<std::string> notes(const std::string& beginning) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(beginning)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  bool has_notes(const std::string& beginning, std::size_t count) const {
    return eventually([&] { return notes(beginning).size() >= count; });
  }
  void open() const { std::ofstream(path_ / "open"); }

 private:
  std::filesystem::path path_;
};

// The tasks' side.

inline void note(const std::string& gate, const std::string& name) {
  std::ofstream(gate + "/" + name);
}

/// Another note at each call, whichever process makes it.
inline void note_each(const std::string& gate, const std::string& name) {
  static std::atomic<int> calls = 0;
  note(gate, name + '-' + std::to_string(::getpid()) + '-' + std::to_string(++calls));
}

/// True when the gate was opened, false when the task was told to stop before. A task whose test is
/// gone gives up.
inline bool pass(const std::string& gate, const std::stop_token& stop = {}) {
  const auto over = [&] {
    return std::filesystem::exists(gate + "/open") || !std::filesystem::exists(gate);
  };
  while (!stop.stop_requested() && !over())
    ::poll(nullptr, 0, 2);
  return !stop.stop_requested();
}

}  // namespace muster::test
