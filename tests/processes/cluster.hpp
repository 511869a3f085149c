#pragma once
// A real cluster for a test, started by the `muster` command that was built with it.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "protocol/connection_file.hpp"
#include "tests/processes/child.hpp"
#include "tests/processes/sandbox.hpp"

namespace muster::test {

/// Runs in the foreground of a child of the test, so that it ends with the test, however that ends.
/// A Client that is made while it lives finds it without options.
class Cluster {
 public:
  explicit Cluster(int engines, const std::vector<std::string>& options = {});
  /// Stops it, if it still runs; the sandbox then checks that no process is left.
  ~Cluster();

  const Sandbox& sandbox() const { return sandbox_; }
  /// Its connection file, as it is now.
  wire::ConnectionFile file() const;
  pid_t launcher() const { return launcher_.pid(); }
  /// As the connection file says now.
  pid_t controller() const;
  /// SIGKILL to the controller, and its successor's number once that has written it down.
  pid_t kill_controller() const;
  /// The process that supervises the engines.
  pid_t node() const;
  /// The process that fills each engine now, in the order of the engines' ids.
  std::vector<pid_t> engines() const;
  /// `muster status --json`.
  nlohmann::json status() const;
  Finished stop() { return sandbox_.muster({"stop"}); }
  /// How the launcher's process ended.
  Finished wait() { return launcher_.wait(); }

 private:
  Sandbox sandbox_;
  Child launcher_;
};

}  // namespace muster::test
