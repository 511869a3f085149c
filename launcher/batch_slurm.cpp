// Slurm, from a host that submits jobs.

#include <charconv>
#include <sstream>

#include "launcher/batch_system.hpp"
#include "launcher/job_templates.hpp"

namespace muster::launcher {
namespace {

/// "12", or "12;cluster" where several are joined.
std::optional<std::string> job_in(const std::string& said) {
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const std::string id = line.substr(0, line.find(';'));
    if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos) return id;
  }
  return std::nullopt;
}

std::vector<std::string> poll(const std::string& job) {
  return {"squeue",       "--noheader",    "--array",
          "--states=all", "--jobs=" + job, "--format=%i|%T|%N|%r"};
}

/// Of "12_3" or "12"; -1 when it is no block of the job.
int index_in(const std::string& id, const std::string& job) {
  if (id == job) return 0;
  if (!id.starts_with(job + "_")) return -1;
  int index = -1;
  const char* begin = id.data() + job.size() + 1;
  const auto [end, error] = std::from_chars(begin, id.data() + id.size(), index);
  return error == std::errc{} && end == id.data() + id.size() ? index : -1;
}

BlockReport report(int index, const std::string& state, const std::string& host,
                   const std::string& reason) {
  const auto with = [&](BlockState what, const std::string& why) {
    return BlockReport{index, what, why, what == BlockState::running ? host : ""};
  };
  if (state == "PENDING" || state.starts_with("REQUEUE") || state == "SPECIAL_EXIT") {
    return with(BlockState::pending, reason);
  }
  if (state == "COMPLETED") return with(BlockState::ended, "");
  if (state == "CANCELLED" || state == "REVOKED") return with(BlockState::cancelled, "");
  if (state == "FAILED") return with(BlockState::failed, reason);
  if (state == "TIMEOUT") return with(BlockState::failed, "it reached its time limit");
  if (state == "DEADLINE") return with(BlockState::failed, "it reached its deadline");
  if (state == "NODE_FAIL") return with(BlockState::failed, "its host failed");
  if (state == "BOOT_FAIL") return with(BlockState::failed, "its host didn't boot");
  if (state == "PREEMPTED") return with(BlockState::failed, "it was preempted");
  if (state == "OUT_OF_MEMORY") return with(BlockState::failed, "it used more memory than it had");
  // CONFIGURING, RUNNING, SUSPENDED, STOPPED, COMPLETING and what else there is on the way.
  return with(BlockState::running, state == "RUNNING" ? "" : state);
}

std::optional<std::vector<BlockReport>> blocks_in(const std::string& job,
                                                  const CommandOutput& said) {
  // So it says when the job has ended some minutes ago.
  if (said.err.find("Invalid job id") != std::string::npos) return std::vector<BlockReport>{};
  if (!said.ok()) return std::nullopt;
  std::vector<BlockReport> blocks;
  std::istringstream lines(said.out);
  for (std::string id, state, host, reason; std::getline(lines, id, '|');) {
    if (!std::getline(lines, state, '|') || !std::getline(lines, host, '|') ||
        !std::getline(lines, reason)) {
      return std::nullopt;
    }
    if (reason == "None" || reason == "(null)") reason.clear();
    const int index = index_in(id, job);
    if (index >= 0) blocks.push_back(report(index, state, host, reason));
  }
  return blocks;
}

std::vector<std::string> remove(const std::string& job) {
  return {"scancel", job};
}

std::string block_name(const std::string& job, int index) {
  return job + "_" + std::to_string(index);
}

std::string log_name(const std::string& job, int index, bool array) {
  return "job-" + (array ? block_name(job, index) : job) + ".log";
}

std::vector<std::string> hosts(const std::string& queue) {
  std::vector<std::string> words{"sinfo", "--noheader", "--Node", "--format=%o"};
  if (!queue.empty()) words.push_back("--partition=" + queue);
  return words;
}

}  // namespace

const BatchSystem slurm_system{
    .name = "slurm",
    .title = "Slurm",
    .submit = {"sbatch", "--parsable"},
    .job_in = job_in,
    .poll = poll,
    .blocks_in = blocks_in,
    .remove = remove,
    .block_name = block_name,
    .log = "job-%j.log",
    .array_log = "job-%A_%a.log",
    .log_name = log_name,
    .hosts = hosts,
    .spreads = true,
    .time_unit = std::chrono::minutes(1),
    .job_template = job_template_slurm,
};

}  // namespace muster::launcher
