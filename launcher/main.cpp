// The `muster` command. Its own functions run nowhere; as an engine it is the stock image.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/command_px.hpp"
#include "launcher/command_via.hpp"
#include "launcher/commands.hpp"
#include "launcher/configuration.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/help_text.hpp"
#include "launcher/option.hpp"
#include "launcher/usage_error.hpp"
#include "protocol/printable.hpp"

namespace {

using namespace muster::launcher;

void add_commands(CLI::App& app, Run& run, const Configuration& configuration) {
  app.set_version_flag("--version", version_text(), "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.require_subcommand(1);
  app.formatter_fn([](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
    return help_text(*command);
  });
  add_start(app, run);
  add_exec(app, run);
  add_engines(app, run);
  add_stop(app, run);
  add_status(app, run);
  add_list(app, run);
  add_run(app, run);
  add_px(app, run);
  add_node(app, run);
  add_job_script(app, run);
  add_history(app, run);
  add_result(app, run);
  add_cancel(app, run);
  add_resubmit(app, run);
  add_purge(app, run);
  add_debug(app, run);
  add_stack(app, run);
  add_report(app, run);
  add_bundle(app, run);
  add_config(app, run, configuration);
  add_clean(app, run);
  add_via(app, run);
  add_doctor(app, run);
  add_demo(app, run);
  add_version(app, run);
  add_controller(app, run);
  add_describe(app, run);
  // Commands inherit what was set before they were added.
  app.footer(
      "First steps:\n\n"
      "  muster demo                     shows that Muster works here\n"
      "  muster start -n 4 --daemonize   a cluster of four engines on this host\n"
      "  ./my_program                    a program that uses Muster finds it\n"
      "  muster status                   what it is doing\n"
      "  muster stop\n\n"
      "muster COMMAND --help tells about each. --profile and --cluster-id name one of several\n"
      "clusters.");
  for (CLI::App* command : shown_commands(app)) {
    command->add_option("--config", "Read this configuration file instead of your own")
        ->type_name("FILE")
        ->configurable(false);
    for (CLI::Option* option : command->get_options([](CLI::Option*) { return true; })) {
      if (kind_of(*option) == ValueKind::flag) option->disable_flag_override();
    }
  }
}

/// What is wrong with the configuration, which must not keep anybody from --help.
std::exception_ptr configure(CLI::App& app, const std::vector<std::string>& arguments,
                             Configuration& configuration) {
  CLI::App& command = chosen_command(app, arguments);
  // What Muster's own processes are told is complete.
  const bool internal = command.get_group().empty() || std::find(arguments.begin(), arguments.end(),
                                                                 "--tether") != arguments.end();
  if (command.get_parent() == nullptr || internal) return nullptr;
  try {
    configuration = Configuration::read(app, arguments);
    configuration.apply(command);
    return nullptr;
  } catch (const ConfigurationError&) {
    return std::current_exception();
  }
}

/// The command is to be carried out with a cluster of another host.
bool wants_via(CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::Option* option = chosen_command(app, arguments).get_option_no_throw("--via");
  return option != nullptr && option->count() > 0;
}

int complain(const std::exception& error, int code) {
  fmt::print(stderr, "muster: {}\n", muster::wire::printable_lines(error.what()));
  return code;
}

/// What waits in a buffer is lost silently when a disk is full, unless somebody looks.
int with_output_written(int code) {
  std::cout.flush();
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  const int error = errno == 0 ? EIO : errno;
  struct stat output {};
  // Who closes a terminal wants to see nothing more.
  const bool closed =
      error == EIO && ::fstat(STDOUT_FILENO, &output) == 0 && S_ISCHR(output.st_mode);
  if (written || closed || code != exit_ok) return code;
  fmt::print(stderr, "muster: its output could not be written: {}\n",
             std::generic_category().message(error));
  return exit_failed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  CLI::App app("Runs a C++ program's own functions on a cluster of engine processes", "muster");
  Run run;
  Configuration configuration;
  add_commands(app, run, configuration);
  try {
    const std::exception_ptr wrong = configure(app, arguments, configuration);
    app.parse(argc, argv);
    if (wrong) std::rethrow_exception(wrong);
  } catch (const CLI::Success& success) {
    return with_output_written(app.exit(success));  // --help, --version
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}", usage_error_text(app, error, arguments));
    return exit_usage;
  } catch (const ConfigurationError& error) {
    return complain(error, exit_usage);
  }
  try {
    if (ViaOptions elsewhere; wants_via(app, arguments) && take_via(arguments, elsewhere)) {
      elsewhere.command.insert(elsewhere.command.begin(),
                               std::filesystem::read_symlink("/proc/self/exe").string());
      return via(elsewhere);
    }
    return with_output_written(run());
  } catch (const std::exception& error) {
    return complain(error, exit_failed);
  }
}
