// muster doctor: what would keep a cluster from working here, and on other hosts.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "launcher/batch_system.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/far_hosts.hpp"
#include "launcher/host_findings.hpp"
#include "launcher/job_allocation.hpp"
#include "launcher/network_interface.hpp"
#include "launcher/output_format.hpp"
#include "launcher/start_options.hpp"
#include "launcher/wrapped_text.hpp"
#include "protocol/host_name.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

struct DoctorOptions {
  std::string hosts;
  HostCommand launcher;
  std::string format = "table";
};

const char* word_of(Grade grade) {
  return grade == Grade::ok ? "OK" : grade == Grade::warn ? "WARN" : "FAIL";
}

void print(const HostFindings& report) {
  constexpr std::size_t indent = 20;
  fmt::print("{}\n", wire::printable(report.host));
  for (const Finding& finding : report.findings) {
    fmt::print("  {:4}  {:11} {}\n", word_of(finding.grade), finding.check,
               wrapped(finding.text, indent));
    if (!finding.advice.empty()) {
      fmt::print("{:{}}{}\n", "", indent, wrapped("-> " + finding.advice, indent + 3));
    }
  }
}

void print_json(const std::vector<HostFindings>& reports) {
  auto array = nlohmann::ordered_json::array();
  for (const HostFindings& report : reports) {
    for (const Finding& finding : report.findings) {
      array.push_back({{"host", wire::printable(report.host)},
                       {"check", finding.check},
                       {"grade", word_of(finding.grade)},
                       {"text", finding.text},
                       {"advice", finding.advice}});
    }
  }
  fmt::print("{}\n", array.dump(2));
}

int doctor(const DoctorOptions& options) {
  const HostCommand launcher = in_its_job(options.launcher);
  const std::vector<RemoteHost> hosts = named_hosts(options.hosts, launcher);
  std::vector<HostFindings> reports{{"this host, " + wire::host_name(), findings_here()}};
  if (!hosts.empty()) {
    std::vector<std::string> addresses;
    for (const NetworkInterface& interface : network_interfaces()) {
      if (!interface.loopback) addresses.push_back(interface.address);
    }
    for (HostFindings& report : findings_at(hosts, launcher, addresses))
      reports.push_back(std::move(report));
  }
  std::size_t warnings = 0;
  std::size_t failures = 0;
  for (const HostFindings& report : reports) {
    for (const Finding& finding : report.findings) {
      warnings += finding.grade == Grade::warn;
      failures += finding.grade == Grade::fail;
    }
  }
  if (options.format == "json") {
    print_json(reports);
  } else {
    for (const HostFindings& report : reports)
      print(report);
    fmt::print("{} failure{}, {} warning{}\n", failures, failures == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
  }
  return failures > 0 ? exit_failed : exit_ok;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Look for what would keep a cluster from working");
  add_reach_options(*command, options->hosts, options->launcher,
                    "Look at these hosts, too: HOST or HOST:PORT:ENGINES, parted by commas, or a "
                    "FILE.toml");
  add_format_options(*command, options->format, {"table", "json"});
  command->footer(
      "Each line is a thing that was looked at: OK, WARN (it works, but not as well as it could, "
      "or\n"
      "not in every form) or FAIL, with what to do. Nothing is changed. Other hosts are logged in "
      "to\nas muster start does it, and need nothing but a shell. The exit code is 1 if something "
      "fails.");
  command->callback([options, &run] {
    const HostCommand& launcher = options->launcher;
    if (find_batch_system(launcher.program) != nullptr &&
        allocation_of(launcher.program) == nullptr) {
      throw CLI::ValidationError("--launcher", "which hosts a job of " + launcher.program +
                                                   " gets isn't known before; run muster doctor in "
                                                   "such a job");
    }
    run = [options] { return doctor(*options); };
  });
}

}  // namespace muster::launcher
