#include "launcher/job_allocation.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "launcher/limits.hpp"
#include "launcher/slurm_allocation.hpp"
#include "protocol/replace_all.hpp"

namespace muster::launcher {
namespace {

std::string job_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void refuse(const std::string& what, const std::string& text) {
  throw std::runtime_error(what + " doesn't name the job's hosts: '" +
                           text.substr(0, text.find('\n')) + "'; name them with --hosts");
}

/// The file that this variable names.
std::string content_of(const char* name) {
  std::ifstream file(job_variable(name));
  if (!file) {
    throw std::runtime_error(std::string(name) + " names " + job_variable(name) +
                             ", which can't be read (" + std::generic_category().message(errno) +
                             "); name the job's hosts with --hosts");
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One that is named again has more.
void add(std::vector<RemoteHost>& hosts, const std::string& name, int engines) {
  const auto known = std::find_if(hosts.begin(), hosts.end(),
                                  [&](const RemoteHost& host) { return host.destination == name; });
  if (known != hosts.end()) {
    known->engines += engines;
    return;
  }
  RemoteHost& host = hosts.emplace_back();
  host.destination = host.label = name;
  host.engines = engines;
}

bool in_sge() {
  return !job_variable("PE_HOSTFILE").empty() && !job_variable("JOB_ID").empty();
}
bool in_pbs() {
  return !job_variable("PBS_JOBID").empty() && !job_variable("PBS_NODEFILE").empty();
}
bool in_lsf() {
  return !job_variable("LSB_JOBID").empty() && !job_variable("LSB_MCPU_HOSTS").empty();
}

std::vector<RemoteHost> hosts_in_sge() {
  return hosts_of_sge(content_of("PE_HOSTFILE"));
}
std::vector<RemoteHost> hosts_in_pbs() {
  return hosts_of_pbs(content_of("PBS_NODEFILE"), std::atoi(job_variable("NCPUS").c_str()));
}
std::vector<RemoteHost> hosts_in_lsf() {
  return hosts_of_lsf(job_variable("LSB_MCPU_HOSTS"));
}

/// A step of one task on this host of the job, with all that the job has there, beside other steps.
/// What the job said of its tasks would otherwise hold for ours.
std::vector<std::string> by_srun(const RemoteHost& host, const std::string& line) {
  return {"env",
          "-u",
          "SLURM_NTASKS_PER_NODE",
          "srun",
          "--nodes=1",
          "--ntasks=1",
          "--nodelist=" + host.destination,
          "--overlap",
          "--mem=0",
          "--quiet",
          "--unbuffered",
          "sh",
          "-c",
          line};
}

/// The job's own way to its hosts: what it starts there counts for the job, and ends with it. A
/// shell there reads the words once more.
std::vector<std::string> by_qrsh(const RemoteHost& host, const std::string& line) {
  std::string word = line;
  wire::replace_all(word, "'", "'\\''");
  return {"qrsh", "-inherit", host.destination, "sh", "-c", "'" + word + "'"};
}
std::vector<std::string> by_blaunch(const RemoteHost& host, const std::string& line) {
  return {"blaunch", host.destination, "sh", "-c", line};
}

constexpr std::array<JobAllocation, 5> allocations{
    {{"slurm", in_slurm_job, slurm_hosts, by_srun, true},
     {"sge", in_sge, hosts_in_sge, by_qrsh},
     {"pbs", in_pbs, hosts_in_pbs, nullptr},
     {"torque", in_pbs, hosts_in_pbs, nullptr},
     {"lsf", in_lsf, hosts_in_lsf, by_blaunch}}};

}  // namespace

const JobAllocation* allocation_of(std::string_view system) {
  for (const JobAllocation& allocation : allocations) {
    if (allocation.system == system && allocation.is_here()) return &allocation;
  }
  return nullptr;
}

const JobAllocation* allocation_here() {
  for (const JobAllocation& allocation : allocations) {
    if (allocation.is_here()) return &allocation;
  }
  return nullptr;
}

std::vector<RemoteHost> hosts_of_sge(const std::string& text) {
  std::vector<RemoteHost> hosts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    int slots = 0;
    if (!(words >> name >> slots) || slots < 1 || slots > engines_max || !is_host_name(name))
      refuse("PE_HOSTFILE", line);
    add(hosts, name, slots);
  }
  if (hosts.empty()) refuse("PE_HOSTFILE", text);
  return hosts;
}

std::vector<RemoteHost> hosts_of_pbs(const std::string& text, int cpus) {
  std::vector<RemoteHost> hosts;
  std::istringstream lines(text);
  for (std::string name; std::getline(lines, name);) {
    if (name.empty()) continue;
    if (!is_host_name(name)) refuse("PBS_NODEFILE", name);
    add(hosts, name, 1);
  }
  if (hosts.empty()) refuse("PBS_NODEFILE", text);
  const bool once = std::all_of(hosts.begin(), hosts.end(),
                                [](const RemoteHost& host) { return host.engines == 1; });
  for (RemoteHost& host : hosts) {
    if (once && cpus > 0) host.engines = std::min(cpus, engines_max);
  }
  return hosts;
}

std::vector<RemoteHost> hosts_of_lsf(const std::string& text) {
  std::vector<RemoteHost> hosts;
  std::istringstream words(text);
  for (std::string name; words >> name;) {
    int slots = 0;
    if (!(words >> slots) || slots < 1 || slots > engines_max || !is_host_name(name))
      refuse("LSB_MCPU_HOSTS", text);
    add(hosts, name, slots);
  }
  if (hosts.empty()) refuse("LSB_MCPU_HOSTS", text);
  return hosts;
}

}  // namespace muster::launcher
