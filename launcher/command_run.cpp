// muster run: a command of the system, on one engine or on several.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <muster/muster.hpp>

#include "launcher/cluster_choice.hpp"
#include "launcher/commands.hpp"
#include "launcher/engine_choice.hpp"
#include "launcher/engine_texts.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/followed_results.hpp"

namespace muster::launcher {
namespace {

using Results = JoinedResults<ShellResult>;

struct RunOptions {
  ClusterChoice cluster;
  EngineChoice engines;
  bool stream = false;
  std::vector<std::string> command;
};

ClientOptions client_options(const ClusterChoice& cluster) {
  ClientOptions client;
  client.profile = cluster.name.profile;
  client.cluster_id = cluster.name.cluster_id;
  client.file = cluster.file;
  client.wait = std::chrono::seconds(0);
  return client;
}

/// Each by a load-balanced view, so that one whose process dies under it runs again.
Results submit(const Client& client, const RunOptions& options, const std::vector<int>& engines) {
  // What a terminal sends to a command that somebody doesn't want any more.
  const ShellOptions shell{.stream = options.stream, .stop_signal = SIGINT};
  const LoadBalancedView view = client.load_balanced_view();
  if (engines.empty()) return join(view.shell(options.command, shell));
  std::vector<AsyncResult<ShellResult>> results;
  for (const int engine : engines)
    results.push_back(view.with({.targets = {engine}}).shell(options.command, shell));
  return Results(std::move(results));
}

int print_one(const AsyncResult<ShellResult>& pending) {
  const ShellResult result = pending.get();
  std::fwrite(result.out.data(), 1, result.out.size(), stdout);
  std::fwrite(result.err.data(), 1, result.err.size(), stderr);
  return result.exit_code;
}

int print_all(const Results& results, const RunOptions& options, const std::vector<int>& engines) {
  std::vector<EngineText> texts;
  int worst = exit_ok;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    try {
      ShellResult result = results[i].get();
      texts.push_back({engines[i], std::move(result.out), std::move(result.err)});
      worst = std::max(worst, result.exit_code);
    } catch (const ClusterError& error) {
      texts.push_back({engines[i], {}, "muster run: " + std::string(error.what())});
      worst = std::max<int>(worst, exit_own_failure);
    }
  }
  print_texts(std::move(texts), options.engines.group);
  return worst;
}

/// Of commands that were ended: it comes as their tasks' own.
void print_beginnings(const Results& results, const RunOptions& options,
                      const std::vector<int>& engines) {
  std::vector<EngineText> texts;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TaskOutput output = results[i].output();
    if (engines.empty()) {
      std::fwrite(output.out.data(), 1, output.out.size(), stdout);
      std::fwrite(output.err.data(), 1, output.err.size(), stderr);
    } else {
      texts.push_back({engines[i], output.out, output.err});
    }
  }
  print_texts(std::move(texts), options.engines.group);
}

int run_command(const RunOptions& options) {
  try {
    // Before there are threads, which would get them.
    const SignalDescriptor signals{SIGINT, SIGTERM, SIGHUP};
    find_cluster(options.cluster);  // what is wrong with the choice it says in the command's words
    const Client client(client_options(options.cluster));
    const std::vector<int> engines = chosen_engines(options.engines, options.cluster, client);
    const Results results = submit(client, options, engines);
    const int signal = follow(results, signals, options.stream, "run");
    if (signal != 0) {
      if (!options.stream) print_beginnings(results, options, engines);
      return exit_signal + signal;
    }
    return engines.size() > 1 || options.engines.all ? print_all(results, options, engines)
                                                     : print_one(results[0]);
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
  add_engine_choice(*command, options->engines);
  command
      ->add_flag("--stream", options->stream,
                 "Show each line at once, with its engine in front, instead of all at the end")
      ->configurable(false);
  command->add_option("COMMAND", options->command, "The command and its arguments, after --")
      ->required();
  command->footer(
      "  muster run -- hostname            on the engine that has the least to do\n"
      "  muster run --all -- nvidia-smi    on each\n"
      "  muster run -t 0,2:5 -- uptime     on engine 0 and those at places 2, 3, 4\n\n"
      "Its exit code is the command's; of several the largest one. 126 and 127 say, as in env(1),\n"
      "that the command can't be run or isn't there, 125 that Muster failed. Its stdin is empty.\n"
      "Ctrl-C, or SIGTERM, sends SIGINT to what runs, with its process group, half a second later\n"
      "ends it by force, and then this command, with what they have written and 128 and the\n"
      "signal's number.\n"
      "--group engine: engine by engine; order: in the order of -t; type: what all have written "
      "to\n"
      "stdout, then what they have written to stderr.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return run_command(*options); };
  });
}

}  // namespace muster::launcher
