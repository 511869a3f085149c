// muster run: a command of the system, on one engine or on each.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <muster/muster.hpp>

#include "launcher/cluster_choice.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"
#include "launcher/shell_command.hpp"

namespace muster::launcher {
namespace {

using Call = detail::Constant<run_shell_command>;

constexpr int engine_max = 1'000'000;

struct RunOptions {
  ClusterChoice cluster;
  bool all = false;
  int engine = -1;
  std::vector<std::string> command;
};

/// One command on one engine, or wherever there is room when `engine` is negative.
AsyncResult<ShellResult> submit(const std::shared_ptr<detail::Connection>& connection,
                                const std::vector<std::string>& command, int engine) {
  ViewOptions options;
  if (engine >= 0) options.targets = {engine};
  return AsyncResult<ShellResult>(
      detail::submit(connection, detail::Registration<Call>::entry(),
                     detail::encode_arguments(detail::SentParametersOf<Call>{}, command), options));
}

/// Line by line, each with the engine in front.
void print_prefixed(std::FILE* where, int engine, const std::string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    fmt::print(where, "[{}] {}\n", engine, text.substr(begin, end - begin));
    begin = end + 1;
  }
}

int run_on_one(const std::shared_ptr<detail::Connection>& connection, const RunOptions& options) {
  const ShellResult result = submit(connection, options.command, options.engine).get();
  std::fwrite(result.output.data(), 1, result.output.size(), stdout);
  std::fwrite(result.errors.data(), 1, result.errors.size(), stderr);
  return result.exit_code;
}

int run_on_all(const std::shared_ptr<detail::Connection>& connection, const RunOptions& options,
               const std::vector<int>& engines) {
  std::vector<std::pair<int, AsyncResult<ShellResult>>> results;
  for (const int engine : engines) {
    results.emplace_back(engine, submit(connection, options.command, engine));
  }
  int worst = exit_ok;
  for (const auto& [engine, pending] : results) {
    try {
      const ShellResult result = pending.get();
      print_prefixed(stdout, engine, result.output);
      print_prefixed(stderr, engine, result.errors);
      worst = std::max(worst, result.exit_code);
    } catch (const ClusterError& error) {
      fmt::print(stderr, "[{}] muster run: {}\n", engine, error.what());
      worst = std::max<int>(worst, exit_own_failure);
    }
  }
  return worst;
}

int run_command(const RunOptions& options) {
  try {
    ClientOptions client;
    client.profile = options.cluster.name.profile;
    client.cluster_id = options.cluster.name.cluster_id;
    client.file = options.cluster.file;
    client.wait = std::chrono::seconds(0);
    find_cluster(options.cluster);  // what is wrong with the choice it says in the command's words
    const auto connection = detail::connect(client);
    const std::vector<int> engines = detail::engine_ids(connection);
    if (options.engine >= 0 &&
        std::find(engines.begin(), engines.end(), options.engine) == engines.end()) {
      const std::string arguments = options.cluster.by_name() ? arguments_for(options.cluster.name)
                                                              : " --file " + options.cluster.file;
      fmt::print(stderr, "muster run: there is no engine {}; see: muster status{}\n",
                 options.engine, arguments);
      return exit_own_failure;
    }
    return options.all ? run_on_all(connection, options, engines) : run_on_one(connection, options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster run: {}\n", error.what());
    return exit_own_failure;
  }
}

}  // namespace

void add_run(CLI::App& app, Run& run) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "Run a command on an engine; its exit code is the command's");
  add_cluster_choice(*command, options->cluster);
  CLI::Option* all =
      command->add_flag("--all", options->all, "On each engine, its lines marked with the engine");
  all->configurable(false);
  CLI::Option* engine = command->add_option("--engine", options->engine, "On this engine");
  restrict_to_numbers(*engine, 0, engine_max, "K");
  engine->excludes(all)->configurable(false);
  command->add_option("COMMAND", options->command, "The command and its arguments, after --")
      ->required();
  command->footer(
      "  muster run -- hostname           on the engine that has the least to do\n"
      "  muster run --all -- nvidia-smi   on each\n\n"
      "Its exit code is the command's; with --all the largest one. 126 and 127 say, as in env(1),\n"
      "that the command can't be run or isn't there, 125 that Muster failed. Its stdin is empty.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return run_command(*options); };
  });
}

}  // namespace muster::launcher
