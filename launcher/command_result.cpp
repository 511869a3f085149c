// muster result: what a task has given.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <muster/error.hpp>

#include "launcher/chosen_client.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"
#include "launcher/value_text.hpp"

namespace muster::launcher {
namespace {

struct ResultOptions {
  ClusterChoice cluster;
  std::string id;
  std::optional<double> timeout;
};

int print_result(const Client& client, const TaskId& id, const std::optional<double>& timeout) {
  const AsyncResult<void> result = client.get_result<void>(id);
  const std::chrono::duration<double> patience(timeout.value_or(0));
  if (timeout && !result.wait_for(patience)) {
    fmt::print(stderr, "muster result: the task has not ended within {} s\n", *timeout);
    return exit_timeout;
  }
  result.wait();
  fmt::print("{}\n", value_json(detail::value(TaskReference(result).task())));
  return exit_ok;
}

}  // namespace

void add_result(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ResultOptions>();
  CLI::App* command = app.add_subcommand("result", "Print the result of a task as JSON");
  add_cluster_choice(*command, options->cluster);
  CLI::Option* timeout =
      command->add_option("--timeout", options->timeout,
                          "How long to wait for its end; without it as long as it takes");
  restrict_to_positive(*timeout, "SECONDS");
  timeout->configurable(false);
  command->add_option("ID", options->id, "The task, as muster history names it")->required();
  command->footer(
      "Of programs that have asked for a handle of their session (Client::session), as of muster\n"
      "resubmit. The error of a task that failed goes to stderr, and the exit code is 1.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] {
      return as_client("result", options->cluster, {options->id},
                       [&](const Client& client, const std::vector<TaskId>& ids) {
                         return print_result(client, ids.front(), options->timeout);
                       });
    };
  });
}

}  // namespace muster::launcher
