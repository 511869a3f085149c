// muster purge: a cluster forgets tasks that have ended, and their results.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/chosen_client.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"

namespace muster::launcher {
namespace {

struct PurgeOptions {
  ClusterChoice cluster;
  bool all = false;
  std::vector<std::string> ids;
};

}  // namespace

void add_purge(CLI::App& app, Run& run) {
  const auto options = std::make_shared<PurgeOptions>();
  CLI::App* command =
      app.add_subcommand("purge", "Forget tasks that have ended, and their results");
  add_cluster_choice(*command, options->cluster);
  CLI::Option* all =
      command->add_flag("--all", options->all, "All that have ended, of all programs");
  all->configurable(false);
  command->add_option("ID", options->ids, "The tasks, as muster history names them")->excludes(all);
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    if (options->ids.empty() && !options->all) throw CLI::RequiredError("ID or --all");
    run = [options] {
      return as_client("purge", options->cluster, options->ids,
                       [&](const Client& client, const std::vector<TaskId>& ids) {
                         const std::size_t tasks =
                             options->all ? client.purge_all() : client.purge(ids);
                         if (tasks == 0 && !options->all) {
                           fmt::print(stderr,
                                      "muster purge: the cluster knows none of these tasks; see: "
                                      "muster history\n");
                           return static_cast<int>(exit_failed);
                         }
                         fmt::print("{} task{} forgotten\n", tasks, tasks == 1 ? "" : "s");
                         return static_cast<int>(exit_ok);
                       });
    };
  });
}

}  // namespace muster::launcher
