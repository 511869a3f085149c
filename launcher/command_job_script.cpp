// muster job-script: what would be submitted to a batch system.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/memory_limit_option.hpp"
#include "launcher/option.hpp"
#include "launcher/resources_option.hpp"
#include "launcher/start_options.hpp"

namespace muster::launcher {
namespace {

struct JobScriptOptions {
  StartOptions start;
  std::string system;
  bool show_template = false;
};

int print_script(const JobScriptOptions& options) {
  const BatchSystem& system = *find_batch_system(options.system);
  if (options.show_template) {
    fmt::print("{}", system.job_template);
    return exit_ok;
  }
  const BatchPlan plan = batch_plan(system, options.start);
  fmt::print("{}", job_script(system, plan.request, plan.job_template));
  return exit_ok;
}

}  // namespace

void add_job_script(CLI::App& app, Run& run) {
  const auto options = std::make_shared<JobScriptOptions>();
  CLI::App* command =
      app.add_subcommand("job-script", "Print what muster start would submit to a batch system");
  restrict_to_words(*command->add_option("SYSTEM", options->system, "The batch system")->required(),
                    batch_system_names());
  add_cluster_options(*command, options->start.name);
  restrict_to_numbers(
      *command->add_option("-n,--engines", options->start.engines, "How many engines, in all jobs"),
      1, 65'536);
  add_batch_options(*command, options->start.batch);
  add_resources_option(*command, options->start.resources);
  add_memory_limit_option(*command, options->start.memory_limit_mib);
  add_image_cache_option(*command, options->start.image_cache_mib);
  add_log_options(*command, options->start.log);
  command
      ->add_flag("--show-template", options->show_template,
                 "Print the system's template, to be changed and given with --job-template")
      ->configurable(false);
  command->footer(
      "  muster job-script slurm -n 8 --time 1:00:00 > job\n\n"
      "The job joins the cluster of this name; it may be submitted by hand when one listens on "
      "the\n"
      "network: muster controller --bind ADDRESS.");
  command->callback([options, &run] { run = [options] { return print_script(*options); }; });
}

}  // namespace muster::launcher
