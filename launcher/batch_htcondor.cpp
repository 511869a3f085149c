// HTCondor.

#include <cstdlib>
#include <sstream>

#include "launcher/batch_system.hpp"
#include "launcher/job_templates.hpp"

namespace muster::launcher {
namespace {

/// "12.0 - 12.3": what -terse says.
std::optional<std::string> job_in(const std::string& said) {
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t dot = line.find('.');
    if (dot == std::string::npos || dot == 0 || line.find(" - ") == std::string::npos) continue;
    const std::string id = line.substr(0, dot);
    if (id.find_first_not_of("0123456789") == std::string::npos) return id;
  }
  return std::nullopt;
}

/// What has ended isn't in the queue; the history knows it.
std::vector<std::string> poll(const std::string& job) {
  return {"sh", "-c",
          "condor_q \"$1\" -af:t ProcId JobStatus RemoteHost HoldReason || exit; echo history; "
          "condor_history \"$1\" -af:t ProcId JobStatus ExitCode RemoveReason",
          "sh", job};
}

std::string known(const std::string& word) {
  return word == "undefined" ? "" : word;
}

/// JobStatus: 1 idle, 2 running, 3 removed, 4 completed, 5 held, 6 output is on its way, 7
/// suspended.
BlockReport in_queue(int index, int status, const std::string& host, const std::string& hold) {
  if (status == 2 || status == 6 || status == 7) {
    const std::size_t at = host.find('@');
    return {index, BlockState::running, status == 7 ? "suspended" : "",
            known(at == std::string::npos ? host : host.substr(at + 1))};
  }
  if (status == 3) return {index, BlockState::cancelled};
  if (status == 4) return {index, BlockState::ended};
  return {index, BlockState::pending, status == 5 ? "held: " + known(hold) : "idle"};
}

BlockReport in_history(int index, int status, const std::string& code, const std::string& reason) {
  if (status == 3) {
    if (reason.find("condor_rm") != std::string::npos) return {index, BlockState::cancelled};
    return {index, BlockState::failed, known(reason)};
  }
  if (code == "0") return {index, BlockState::ended};
  return {index, BlockState::failed,
          known(code).empty() ? "a signal ended it" : "exit code " + code};
}

std::optional<std::vector<BlockReport>> blocks_in(const std::string& /*job*/,
                                                  const CommandOutput& said) {
  if (!said.ok()) return std::nullopt;
  std::vector<BlockReport> blocks;
  bool history = false;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    if (line == "history") {
      history = true;
      continue;
    }
    std::istringstream fields(line);
    int index = -1;
    int status = 0;
    std::string third;
    std::string rest;
    fields >> index >> status >> third;
    std::getline(fields >> std::ws, rest);
    if (index < 0) return std::nullopt;
    blocks.push_back(history ? in_history(index, status, third, rest)
                             : in_queue(index, status, third, rest));
  }
  return blocks;
}

std::vector<std::string> remove(const std::string& job) {
  return {"condor_rm", job};
}

std::string block_name(const std::string& job, int index) {
  return job + "." + std::to_string(index);
}

std::string log_name(const std::string& job, int index, bool /*array*/) {
  return "job-" + block_name(job, index) + ".log";
}

std::vector<std::string> hosts(const std::string& /*queue*/) {
  return {"condor_status", "-af", "Machine"};
}

}  // namespace

const BatchSystem htcondor_system{
    .name = "htcondor",
    .title = "HTCondor",
    .submit = {"condor_submit", "-terse", "-"},
    .job_in = job_in,
    .poll = poll,
    .blocks_in = blocks_in,
    .remove = remove,
    .block_name = block_name,
    .log = "job-$(Cluster).$(Process).log",
    .array_log = "job-$(Cluster).$(Process).log",
    .log_name = log_name,
    .hosts = hosts,
    .job_template = job_template_htcondor,
};

}  // namespace muster::launcher
