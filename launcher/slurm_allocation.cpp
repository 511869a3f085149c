#include "launcher/slurm_allocation.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "launcher/command_output.hpp"

namespace muster::launcher {
namespace {

constexpr std::chrono::seconds scontrol_bound{30};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The number at the beginning of the text, which is taken from it.
int take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 1) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

bool in_slurm_job() {
  return !variable("SLURM_JOB_ID").empty() && !variable("SLURM_JOB_NODELIST").empty();
}

std::vector<int> slurm_counts(const std::string& text, std::size_t hosts) {
  std::vector<int> counts;
  std::string_view rest(text);
  while (!rest.empty() && counts.size() <= hosts) {
    const int count = take_number(rest);
    int times = 1;
    if (rest.starts_with("(x")) {
      rest.remove_prefix(2);
      times = take_number(rest);
      if (!rest.starts_with(")")) break;
      rest.remove_prefix(1);
    }
    if (count == 0 || times == 0) break;
    times = std::min(times, static_cast<int>(hosts) + 1);  // too many are wrong enough
    counts.insert(counts.end(), static_cast<std::size_t>(times), count);
    if (rest.starts_with(",")) rest.remove_prefix(1);
  }
  if (!rest.empty() || counts.size() != hosts) {
    throw std::runtime_error("Slurm's variables don't go together: '" + text + "' for " +
                             std::to_string(hosts) + " hosts; name the hosts with --hosts");
  }
  return counts;
}

std::vector<RemoteHost> slurm_hosts() {
  const CommandOutput names =
      output_of({"scontrol", "show", "hostnames", variable("SLURM_JOB_NODELIST")}, scontrol_bound);
  if (!names.ok()) throw std::runtime_error("scontrol doesn't name the job's hosts: " + names.err);
  std::vector<RemoteHost> hosts;
  std::istringstream words(names.out);
  for (std::string name; words >> name;) {
    hosts.emplace_back();
    hosts.back().destination = hosts.back().label = name;
  }
  // Only a job that asked for tasks has their number; one of whole hosts means their CPUs.
  const std::vector<int> counts =
      slurm_counts(variable(variable("SLURM_NTASKS").empty() ? "SLURM_JOB_CPUS_PER_NODE"
                                                             : "SLURM_TASKS_PER_NODE"),
                   hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i)
    hosts[i].engines = counts[i];
  return hosts;
}

int slurm_tasks_here() {
  const std::size_t hosts = std::strtoul(variable("SLURM_JOB_NUM_NODES").c_str(), nullptr, 10);
  const std::size_t here = std::strtoul(variable("SLURM_NODEID").c_str(), nullptr, 10);
  // As it was in the script: the step has another.
  const std::vector<int> counts = slurm_counts(variable("MUSTER_JOB_TASKS"), hosts);
  if (here >= counts.size()) throw std::runtime_error("SLURM_NODEID is none of the job's hosts");
  return counts[here];
}

}  // namespace muster::launcher
