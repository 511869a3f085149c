// muster resubmit: tasks run again.

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

struct ResubmitOptions {
  ClusterChoice cluster;
  std::vector<std::string> ids;
};

int resubmit(const Client& client, const std::vector<TaskId>& ids) {
  client.session();  // so that they go on when this has ended
  int code = exit_ok;
  for (const TaskId& id : ids) {
    try {
      fmt::print("{} runs again as {}\n", id.text(), client.resubmit(id).id().text());
    } catch (const ConnectionLost&) {
      throw;
    } catch (const ClusterError& error) {
      fmt::print(stderr, "muster resubmit: {}\n", error.what());
      code = exit_failed;
    }
  }
  return code;
}

}  // namespace

void add_resubmit(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ResubmitOptions>();
  CLI::App* command = app.add_subcommand("resubmit", "Run tasks again");
  add_cluster_choice(*command, options->cluster);
  command->add_option("ID", options->ids, "The tasks, as muster history names them")->required();
  command->footer(
      "Each runs as a new task, whose id is printed; muster result waits for it. Of programs that\n"
      "have asked for a handle of their session (Client::session).");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return as_client("resubmit", options->cluster, options->ids, resubmit); };
  });
}

}  // namespace muster::launcher
