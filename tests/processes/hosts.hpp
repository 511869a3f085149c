#pragma once
// Hosts on a network of their own (tests/testbed/hosts), for tests that unplug cables or log in.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/sandbox.hpp"

/// Ends a test that needs what isn't installed here, and says so.
#define SKIP_WITHOUT(bed)                 \
  if (!(bed).missing().empty()) {         \
    WARN("skipped: " << (bed).missing()); \
    return;                               \
  }

namespace muster::test {

class Hosts {
 public:
  enum class Login { none, ssh };

  /// Makes h1, h2 and so on in a sandbox. They go with this object.
  explicit Hosts(const Sandbox& sandbox, int count = 2, Login login = Login::none);
  ~Hosts();

  /// Why there are none; empty when there are. Only root can make them, and not everywhere.
  const std::string& missing() const { return missing_; }
  /// A program that runs on a host, with its own TMPDIR and XDG_STATE_HOME there.
  std::unique_ptr<Child> start(const std::string& host, std::vector<std::string> arguments,
                               const Variables& variables = {}) const;
  /// The same, to its end.
  Finished run(const std::string& host, std::vector<std::string> arguments,
               const Variables& variables = {}) const {
    return start(host, std::move(arguments), variables)->wait();
  }
  /// The directory of the default cluster's files on a host; all hosts see it.
  std::filesystem::path cluster_directory(const std::string& host) const;
  /// The directory by which the scripts of the test bed know them.
  const std::filesystem::path& path() const { return path_; }
  /// The configuration by which `ssh` finds them, by their names.
  std::filesystem::path ssh_config() const { return path_ / "ssh/config"; }
  /// Where a session of ssh is at home.
  std::filesystem::path home(const std::string& host) const { return path_ / host / "home"; }
  /// Until nothing runs on them that wasn't there when they were made. False at the bound.
  bool become_idle() const;
  void unplug(const std::string& host) const { command({"unplug", host}); }
  void plug(const std::string& host) const { command({"plug", host}); }

 private:
  std::vector<std::string> command_line(std::vector<std::string> arguments) const;
  void command(std::vector<std::string> arguments) const;

  const Sandbox& sandbox_;
  std::vector<pid_t> own_;  ///< the processes that the hosts are made of
  std::filesystem::path path_;
  std::filesystem::path outputs_;
  std::unique_ptr<Child> bed_;
  std::string missing_;
};

/// Of what an example says, everything but which engine did how much, and how long it took.
std::string ranking(const std::string& words);

}  // namespace muster::test
