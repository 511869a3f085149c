// muster history: which tasks a running cluster has and had.

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "client/history_pages.hpp"
#include "launcher/cluster_choice.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/history_text.hpp"
#include "launcher/history_where.hpp"
#include "launcher/option.hpp"
#include "launcher/output_format.hpp"
#include "launcher/status_request.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

// For each page of the answer; as for `status`.

struct HistoryOptions {
  ClusterChoice cluster;
  std::string format = "table";
  std::vector<std::string> where;
  int limit = 100;
};

int history(const HistoryOptions& options) {
  HistoryQuery query;
  // One more than is shown says whether there are more.
  const auto limit = static_cast<std::size_t>(options.limit);
  if (limit > 0) query.limit = limit + 1;
  try {
    for (const std::string& text : options.where)
      add_condition(query, text);
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "muster history: {}\n", error.what());
    return exit_usage;
  }
  wire::ConnectionFile cluster;
  try {
    cluster = find_cluster(options.cluster);
  } catch (const NoSuchCluster& error) {
    fmt::print(stderr, "muster history: {}\n", error.what());
    return exit_no_cluster;
  }
  std::vector<TaskRecord> tasks;
  try {
    tasks = client::collect_history(query, [&](const detail::Buffer& question) {
      return request(cluster, wire::Topic::history, question.bytes(), answer_bound);
    });
  } catch (const NoAnswer& error) {
    fmt::print(stderr, "muster history: {}\n", error.what());
    return exit_timeout;
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster history: {}\n", wire::printable_lines(error.what()));
    return exit_failed;
  }
  const bool more = limit > 0 && tasks.size() > limit;
  if (more) tasks.erase(tasks.begin(), tasks.end() - options.limit);
  if (options.format == "json") {
    fmt::print("{}", history_json(tasks));
  } else if (tasks.empty()) {
    fmt::print("no such tasks\n");
  } else {
    fmt::print("{}", history_text(tasks));
  }
  if (more) {
    std::fflush(stdout);
    fmt::print(stderr, "muster history: these are the latest {}; -n 0 shows all\n", limit);
  }
  return exit_ok;
}

}  // namespace

void add_history(CLI::App& app, Run& run) {
  const auto options = std::make_shared<HistoryOptions>();
  CLI::App* command =
      app.add_subcommand("history", "Show the tasks that a cluster has, and those that have ended");
  add_cluster_choice(*command, options->cluster);
  command
      ->add_option("--where", options->where,
                   "Only those that meet this condition; once for each, and all have to hold")
      ->type_name("CONDITION")
      ->allow_extra_args(false)
      ->configurable(false);
  restrict_to_numbers(
      *command->add_option("-n,--limit", options->limit, "The latest so many; 0: all")
           ->capture_default_str(),
      0, 1'000'000'000);
  add_format_options(*command, options->format, {"table", "json"});
  command->footer(
      "Conditions: KEY=VALUE[,VALUE...], KEY!=VALUE[,VALUE...], and <, <=, >, >= with one value.\n"
      "  id         7f3a90c2-12\n"
      "  status     open, succeeded, failed, cancelled\n"
      "  label, key, function, program, host\n"
      "             texts; after = also patterns: label=anneal*, function=simulate*.\n"
      "             A comma in a function's parentheses or <> belongs to its name, and\n"
      "             \\, to any text\n"
      "  engine, attempts\n"
      "             whole numbers\n"
      "  run        how long it took: 1.5, 200ms, 10min\n"
      "  submitted, started, completed\n"
      "             from now on, so mostly negative: completed>=-10min\n\n"
      "Of those that have ended a controller knows the latest 65,536, of all clients, since it "
      "was\n"
      "started (muster start --history); with muster start --db FILE all that are in that file, "
      "of\n"
      "earlier clusters, too. A row of several ids are items of a map that came to "
      "their\n"
      "end together.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return history(*options); };
  });
}

}  // namespace muster::launcher
