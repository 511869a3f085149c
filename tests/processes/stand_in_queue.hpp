#pragma once
// A queue of this host with the commands of a batch system that isn't to be had here
// (tests/testbed/queues).

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/processes/sandbox.hpp"

namespace muster::test {

class StandInQueue {
 public:
  /// `system` as --launcher has it: pbs, torque, lsf or htcondor. It is full: jobs wait.
  StandInQueue(const Sandbox& sandbox, const std::string& system);

  std::unique_ptr<Child> start(const std::vector<std::string>& arguments) const;
  Finished run(const std::vector<std::string>& arguments) const { return start(arguments)->wait(); }
  /// From now on there is room for jobs.
  void has_room() const;
  /// The script of the first job.
  std::string script() const;
  /// All blocks of the first job have ended.
  bool has_ended() const;

 private:
  std::filesystem::path place_;
  std::filesystem::path outputs_;
  Variables variables_;
};

}  // namespace muster::test
