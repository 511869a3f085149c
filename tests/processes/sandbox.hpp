#pragma once
// A place of its own for one test: directories, and a cookie by which every process that was
// started in it is found, whatever it is called and whoever its parent is now.

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "tests/processes/child.hpp"

namespace muster::test {

/// Changes this process's environment, so there is one at a time. Its end kills every process that
/// is left, and fails the test if there was one.
class Sandbox {
 public:
  Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox();

  const std::filesystem::path& path() const { return path_; }
  /// The living processes that carry the cookie, which does not include the test's own.
  std::vector<pid_t> processes() const;
  /// Until none of them is left. False at the bound.
  bool becomes_empty() const;
  /// Runs `muster` with these arguments to its end.
  Finished muster(const std::vector<std::string>& arguments) const;

 private:
  void set(const char* name, const std::string& value);

  std::filesystem::path path_;
  std::string cookie_;  ///< as it stands in an environment: NAME=VALUE
  std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

/// A program that was built with the tests.
std::string program(const std::string& name);

/// The word behind the program's name in a process's command line: "controller", "node", or empty.
std::string role_of(pid_t pid);

}  // namespace muster::test
