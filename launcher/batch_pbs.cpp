// PBS in two forms: OpenPBS (PBS Pro) and Torque. They differ in how arrays are asked for and in
// what they say of jobs that have ended.

#include <cstdlib>
#include <map>
#include <sstream>

#include "launcher/batch_system.hpp"
#include "launcher/job_templates.hpp"

namespace muster::launcher {
namespace {

using Attributes = std::map<std::string, std::string>;

/// "12.server", or "12[].server" of an array; with what a site's hook says before it.
std::optional<std::string> job_in(const std::string& said) {
  std::istringstream lines(said);
  std::optional<std::string> id;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t digits = line.find_first_not_of("0123456789");
    if (digits != 0 && line.find(' ') == std::string::npos && !line.empty()) id = line;
  }
  return id;
}

std::string number_of(const std::string& job) {
  return job.substr(0, job.find_first_not_of("0123456789"));
}

/// "12[3].server" of "12[].server"; Torque also writes it "12-3.server".
std::string block_name(const std::string& job, int index) {
  const std::size_t dot = job.find('.');
  return number_of(job) + "[" + std::to_string(index) + "]" +
         (dot == std::string::npos ? "" : job.substr(dot));
}

/// -1: the array itself, or another job.
int index_in(const std::string& id, const std::string& job) {
  if (number_of(id) != number_of(job)) return -1;
  const char next = id.size() > number_of(id).size() ? id[number_of(id).size()] : '\0';
  if (next != '[' && next != '-') return 0;
  const char* begin = id.c_str() + number_of(id).size() + 1;
  char* end = nullptr;
  const long index = std::strtol(begin, &end, 10);
  return end == begin ? -1 : static_cast<int>(index);
}

/// "node1/0*2+node2/0" is node1,node2.
std::string hosts_in(const std::string& exec_host) {
  std::string hosts;
  std::istringstream parts(exec_host);
  for (std::string part; std::getline(parts, part, '+');) {
    const std::string host = part.substr(0, part.find('/'));
    if (("," + hosts + ",").find("," + host + ",") == std::string::npos)
      hosts += (hosts.empty() ? "" : ",") + host;
  }
  return hosts;
}

std::string value(const Attributes& attributes, const char* name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? "" : found->second;
}

/// Of Exit_status: codes of the script, 256 and more for signals, less than 0 for PBS's own acts.
BlockReport ended(int index, const std::string& status) {
  const int code = std::atoi(status.c_str());
  if (status.empty() || code == 0) return {index, BlockState::ended};
  if (code == 256 + 15 || code == 128 + 15 || code == 256 + 9 || code == 128 + 9) {
    return {index, BlockState::failed, "it was killed: by qdel, or at a limit"};
  }
  // -29 is OpenPBS's walltime, -11 is Torque's.
  if (code == -29 || code == -11) return {index, BlockState::failed, "it reached its time limit"};
  return {index, BlockState::failed,
          code < 0 ? "PBS ended it (Exit_status " + status + ")" : "exit code " + status};
}

BlockReport report(int index, const Attributes& attributes) {
  const std::string state = value(attributes, "job_state");
  const std::string comment = value(attributes, "comment");
  if (state == "F" || state == "X" || state == "C" || state == "E") {
    const std::string status = value(attributes, "Exit_status") + value(attributes, "exit_status");
    if (state == "E" && status.empty())
      return {index, BlockState::running, "ending", hosts_in(value(attributes, "exec_host"))};
    return ended(index, status);
  }
  if (state == "R" || state == "S" || state == "U" || state == "B") {
    return {index, BlockState::running, state == "R" ? "" : state,
            hosts_in(value(attributes, "exec_host"))};
  }
  return {index, BlockState::pending, comment.empty() ? state : comment};
}

/// "Job Id: 12.server", then "    name = value", whose further lines begin with a tab.
std::optional<std::vector<BlockReport>> blocks_in(const std::string& job,
                                                  const CommandOutput& said) {
  const bool unknown = said.err.find("Unknown Job Id") != std::string::npos ||
                       said.err.find("Job has finished") != std::string::npos;
  if (!said.ok() && !unknown) return std::nullopt;
  std::vector<BlockReport> blocks;
  int index = -1;
  Attributes attributes;
  std::string last;
  const auto close = [&] {
    if (index >= 0) blocks.push_back(report(index, attributes));
    attributes.clear();
  };
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Job Id:")) {
      close();
      index = index_in(line.substr(line.find_first_not_of(' ', 7)), job);
    } else if (line.starts_with("\t")) {
      attributes[last] += line.substr(1);
    } else if (const std::size_t equals = line.find(" = "); equals != std::string::npos) {
      const std::size_t begin = line.find_first_not_of(' ');
      last = line.substr(begin, equals - begin);
      attributes[last] = line.substr(equals + 3);
    }
  }
  close();
  return blocks;
}

std::vector<std::string> poll_pbs(const std::string& job) {
  return {"qstat", "-x", "-f", "-t", job};
}

std::vector<std::string> poll_torque(const std::string& job) {
  return {"qstat", "-f", "-t", job};
}

std::vector<std::string> remove(const std::string& job) {
  return {"qdel", job};
}

/// As the script makes it, of PBS_JOBID.
std::string log_name(const std::string& job, int index, bool array) {
  return "job-" + (array ? block_name(job, index) : job) + ".log";
}

std::vector<std::string> hosts(const std::string& /*queue*/) {
  return {"sh", "-c", "pbsnodes -a | grep '^[[:alnum:]]'"};
}

BatchSystem pbs_like(std::string_view name, std::string_view title,
                     std::vector<std::string> (*poll)(const std::string&),
                     std::string_view job_template) {
  return {.name = name,
          .title = title,
          .submit = {"qsub"},
          .job_in = job_in,
          .poll = poll,
          .blocks_in = blocks_in,
          .remove = remove,
          .block_name = block_name,
          .log = "job-$PBS_JOBID.log",
          .array_log = "job-$PBS_JOBID.log",
          .log_name = log_name,
          .hosts = hosts,
          .job_template = job_template};
}

}  // namespace

const BatchSystem pbs_system = pbs_like("pbs", "PBS", poll_pbs, job_template_pbs);
const BatchSystem torque_system = pbs_like("torque", "Torque", poll_torque, job_template_torque);

}  // namespace muster::launcher
