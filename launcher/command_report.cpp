// muster report: a picture of what ran where and when.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/chart_svg.hpp"
#include "launcher/chart_text.hpp"
#include "launcher/cluster_choice.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"
#include "launcher/report_page.hpp"
#include "launcher/status_request.hpp"
#include "launcher/text_file.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

// As for `status`; the answer has some megabytes at most.
constexpr std::chrono::seconds timeline_bound{10};

struct ReportOptions {
  ClusterChoice cluster;
  std::string output = "muster-report.html";
  std::optional<double> last;
};

void write_page(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
    return;
  }
  write_text_file(path, text);
}

int report(const ReportOptions& options) {
  const std::string extension = std::filesystem::path(options.output).extension();
  wire::ConnectionFile cluster;
  try {
    cluster = find_cluster(options.cluster);
  } catch (const NoSuchCluster& error) {
    fmt::print(stderr,
               "muster report: {}; what a cluster did went with it, so make the report before it "
               "is stopped\n",
               error.what());
    return exit_no_cluster;
  }
  RunChart chart = read_chart(request_timeline(cluster, timeline_bound), options.last);
  chart.cluster = describe(cluster) + " on " + cluster.host;
  if (chart.rows.empty()) {
    fmt::print(stderr, "muster report: no task has ended{}, so there is nothing to draw\n",
               options.last ? fmt::format(" in the last {} s", *options.last) : "");
    return exit_failed;
  }
  write_page(options.output, extension == ".svg" ? chart_svg(chart) : report_page(chart));
  if (options.output != "-") {
    fmt::print("{}: {} of {} process{} in {}\n", options.output, tasks_text(chart.tasks),
               chart.rows.size(), chart.rows.size() == 1 ? "" : "es", duration_text(chart.length));
  }
  return exit_ok;
}

int report_or_reason(const ReportOptions& options) {
  try {
    return report(options);
  } catch (const NoAnswer& error) {
    fmt::print(stderr, "muster report: {}\n", error.what());
    return exit_timeout;
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster report: {}\n", wire::printable_lines(error.what()));
    return exit_failed;
  }
}

}  // namespace

void add_report(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app.add_subcommand("report", "Draw which process ran what, and when, as a page or as SVG");
  add_cluster_choice(*command, options->cluster);
  command
      ->add_option("-o,--output", options->output,
                   "The file to write: an SVG picture if its name ends in .svg, else a page that "
                   "stands alone; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  CLI::Option* last =
      command->add_option("--last", options->last, "Only what ended in the last so many seconds");
  restrict_to_positive(*last, "SECONDS");
  last->configurable(false);
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return report_or_reason(*options); };
  });
}

}  // namespace muster::launcher
