// muster cancel: tasks of whichever program end before they have a result.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <muster/error.hpp>

#include "launcher/chosen_client.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"

namespace muster::launcher {
namespace {

struct CancelOptions {
  ClusterChoice cluster;
  std::vector<std::string> ids;
};

const char* words_of(CancelOutcome met) {
  switch (met) {
    case CancelOutcome::cancelled:
      return "is cancelled";
    case CancelOutcome::running:
      return "runs, and is asked to stop";
    default:
      return "has ended before";
  }
}

int cancel(const Client& client, const std::vector<TaskId>& ids) {
  int code = exit_ok;
  for (const TaskId& id : ids) {
    try {
      fmt::print("{} {}\n", id.text(), words_of(client.cancel(id)));
    } catch (const ConnectionLost&) {
      throw;
    } catch (const ClusterError& error) {
      fmt::print(stderr, "muster cancel: {}\n", error.what());
      code = exit_failed;
    }
  }
  return code;
}

}  // namespace

void add_cancel(CLI::App& app, Run& run) {
  const auto options = std::make_shared<CancelOptions>();
  CLI::App* command = app.add_subcommand("cancel", "Cancel tasks of any program");
  add_cluster_choice(*command, options->cluster);
  command->add_option("ID", options->ids, "The tasks, as muster history names them")->required();
  command->footer(
      "What waits never starts. What runs is asked to stop, through its std::stop_token, and ends\n"
      "cancelled whatever it returns.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return as_client("cancel", options->cluster, options->ids, cancel); };
  });
}

}  // namespace muster::launcher
