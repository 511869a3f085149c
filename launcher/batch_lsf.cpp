// LSF.

#include <cstdlib>
#include <sstream>

#include "launcher/batch_system.hpp"
#include "launcher/job_templates.hpp"

namespace muster::launcher {
namespace {

/// "Job <12> is submitted to queue <normal>."
std::optional<std::string> job_in(const std::string& said) {
  const std::size_t begin = said.find("Job <");
  if (begin == std::string::npos) return std::nullopt;
  const std::string id = said.substr(begin + 5, said.find('>', begin) - begin - 5);
  if (id.empty() || id.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return id;
}

std::vector<std::string> poll(const std::string& job) {
  return {"bjobs",
          "-a",
          "-noheader",
          "-o",
          "jobindex stat exec_host exit_code exit_reason pend_reason delimiter='|'",
          job};
}

std::string said(const std::string& word) {
  return word == "-" ? "" : word;
}

/// "2*node1:node2" is node1,node2.
std::string hosts_in(const std::string& exec_host) {
  std::string hosts;
  std::istringstream parts(said(exec_host));
  for (std::string part; std::getline(parts, part, ':');)
    hosts += (hosts.empty() ? "" : ",") + part.substr(part.find('*') + 1);
  return hosts;
}

BlockReport report(int index, const std::string& state, const std::string& host,
                   const std::string& code, const std::string& exit_reason,
                   const std::string& pend_reason) {
  if (state == "DONE") return {index, BlockState::ended};
  if (state == "EXIT") {
    if (exit_reason.find("TERM_OWNER") != std::string::npos ||
        exit_reason.find("TERM_ADMIN") != std::string::npos) {
      return {index, BlockState::cancelled};
    }
    if (exit_reason.find("TERM_RUNLIMIT") != std::string::npos) {
      return {index, BlockState::failed, "it reached its time limit"};
    }
    return {index, BlockState::failed,
            "exit code " + code + (said(exit_reason).empty() ? "" : " (" + exit_reason + ")")};
  }
  if (state == "PEND" || state == "PSUSP" || state == "WAIT") {
    // "Job slot limit reached;", or several of that kind.
    const std::string reason = said(pend_reason).substr(0, pend_reason.find_last_not_of(';') + 1);
    return {index, BlockState::pending, reason.empty() ? state : reason};
  }
  if (state == "ZOMBI") return {index, BlockState::lost};
  return {index, BlockState::running, state == "RUN" ? "" : state, hosts_in(host)};
}

std::optional<std::vector<BlockReport>> blocks_in(const std::string& /*job*/,
                                                  const CommandOutput& said) {
  if (said.err.find("is not found") != std::string::npos) return std::vector<BlockReport>{};
  if (!said.ok()) return std::nullopt;
  std::vector<BlockReport> blocks;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string index;
    std::string state;
    std::string host;
    std::string code;
    std::string exit_reason;
    std::string pend_reason;
    std::getline(fields, index, '|');
    std::getline(fields, state, '|');
    std::getline(fields, host, '|');
    std::getline(fields, code, '|');
    std::getline(fields, exit_reason, '|');
    if (!std::getline(fields, pend_reason)) return std::nullopt;
    // 0 is no array; its elements begin at 1.
    const int number = std::atoi(index.c_str());
    blocks.push_back(
        report(number == 0 ? 0 : number - 1, state, host, code, exit_reason, pend_reason));
  }
  return blocks;
}

std::vector<std::string> remove(const std::string& job) {
  return {"bkill", job};
}

std::string block_name(const std::string& job, int index) {
  return job + "[" + std::to_string(index + 1) + "]";
}

std::string log_name(const std::string& job, int index, bool array) {
  return "job-" + job + (array ? "." + std::to_string(index + 1) : "") + ".log";
}

std::vector<std::string> hosts(const std::string& /*queue*/) {
  return {"sh", "-c", "bhosts -w | awk 'NR > 1 { print $1 }'"};
}

}  // namespace

const BatchSystem lsf_system{
    .name = "lsf",
    .title = "LSF",
    .submit = {"bsub"},
    .job_in = job_in,
    .poll = poll,
    .blocks_in = blocks_in,
    .remove = remove,
    .block_name = block_name,
    .log = "job-%J.log",
    .array_log = "job-%J.%I.log",
    .log_name = log_name,
    .hosts = hosts,
    .job_template = job_template_lsf,
};

}  // namespace muster::launcher
