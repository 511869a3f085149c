#pragma once
// What a batch system is to Muster: the commands by which a job is submitted, looked at and
// deleted, and what their answers mean. Words and texts only; launcher/batch_job.hpp is the life of
// a job, launcher/batch_nodes.hpp runs the commands. Each system is described in a file of its own,
// batch_NAME.cpp; what a job's script says stands in job_templates/NAME.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/command_output.hpp"

namespace muster::launcher {

/// A block is a job, or one element of a job that is an array.
enum class BlockState {
  pending,    ///< it waits for its turn, and `reason` says why in the system's own word
  running,    ///< `host` says where
  ended,      ///< its script has ended with exit code 0
  failed,     ///< `reason` says of what
  cancelled,  ///< somebody has deleted it
  lost,       ///< the system doesn't know it any more
};

constexpr bool is_final(BlockState state) {
  return state != BlockState::pending && state != BlockState::running;
}
const char* name_of(BlockState state);

struct BlockReport {
  int index = 0;  ///< from 0
  BlockState state = BlockState::pending;
  std::string reason{};
  std::string host{};
  bool deleting = false;  ///< somebody wants it to end, and it hasn't yet
};

struct BatchSystem {
  std::string_view name;   ///< as --launcher has it
  std::string_view title;  ///< for people
  /// The command that gets the script through its stdin.
  std::vector<std::string> submit;
  /// The job's id in what that command has said.
  std::optional<std::string> (*job_in)(const std::string& said);
  /// The command that says how the job's blocks are.
  std::vector<std::string> (*poll)(const std::string& job);
  /// What it has said; a block that isn't in it the system doesn't know. nullopt: it has failed.
  std::optional<std::vector<BlockReport>> (*blocks_in)(const std::string& job,
                                                       const CommandOutput& said);
  /// The command that deletes all of the job.
  std::vector<std::string> (*remove)(const std::string& job);
  /// What people call one block of a job that has several.
  std::string (*block_name)(const std::string& job, int index);
  /// The name of a log file, in the script.
  std::string_view log;
  std::string_view array_log;  ///< of a job that has several blocks
  /// The same, as the system makes it: "job-12_0.log".
  std::string (*log_name)(const std::string& job, int index, bool array);
  /// The command that lists the hosts on which jobs may run, of this queue if one is given.
  std::vector<std::string> (*hosts)(const std::string& queue);
  /// An engine is a task of the job, which the system spreads over hosts: a node finds out there
  /// how many it has. Else each block is on one host.
  bool spreads = false;
  /// Told to, it announces a job's end some time before its limit. A number alone in --time counts
  /// this; zero: it doesn't.
  std::chrono::seconds time_unit{0};
  /// What tasks get to end, unless the user says, before their job does.
  std::chrono::seconds drain_time{60};
  /// What stands in job_templates.
  std::string_view job_template;
};

/// nullptr when there is none of that name.
const BatchSystem* find_batch_system(std::string_view name);
/// For error texts and the help.
std::vector<std::string> batch_system_names();

extern const BatchSystem slurm_system;
extern const BatchSystem sge_system;
extern const BatchSystem pbs_system;
extern const BatchSystem torque_system;
extern const BatchSystem lsf_system;
extern const BatchSystem htcondor_system;

}  // namespace muster::launcher
