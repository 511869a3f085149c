// muster debug: a task that has ended is done once more here, by a process of this terminal.

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include <muster/error.hpp>

#include "client/recorded_task.hpp"
#include "engine/replay.hpp"
#include "launcher/chosen_client.hpp"
#include "launcher/commands.hpp"
#include "launcher/elf_file.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/image_file.hpp"
#include "launcher/memory_file.hpp"
#include "launcher/process.hpp"
#include "launcher/program_search.hpp"
#include "launcher/value_text.hpp"
#include "protocol/body.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/function_name.hpp"
#include "protocol/host_name.hpp"
#include "protocol/image_cache.hpp"

namespace muster::launcher {
namespace {

using wire::Descriptor;
using wire::RecordedTask;

struct DebugOptions {
  ClusterChoice cluster;
  std::string id;
  bool gdb = false;
  std::string program;
};

/// The file in which the task is.
struct Code {
  Descriptor file;
  std::string path;
  bool is_module = false;  ///< `muster` itself loads it
};

/// What the program is given: see detail::ReplayMark.
Descriptor file_of(const RecordedTask& task, wire::Bytes arguments) {
  const detail::Buffer record = wire::pack(task);
  const std::uint64_t length = record.size();
  Descriptor file = memory_file({});
  int error = wire::write_bytes(file.get(), 0, std::as_bytes(std::span(&length, 1)));
  if (error == 0) error = wire::write_bytes(file.get(), sizeof length, record.bytes());
  if (error == 0) error = wire::write_bytes(file.get(), sizeof length + length, arguments);
  if (error != 0) throw std::system_error(error, std::generic_category(), "the task's arguments");
  return file;
}

/// Whichever build it is that the user names.
Code named_code(const std::string& program, const wire::Digest& image) {
  const std::atomic<bool> stop = false;
  std::string why;
  Code code;
  code.path = find_program(program);
  code.file = wire::open_regular(code.path, why);
  if (!code.file) throw std::runtime_error(why);
  if (!wire::has_digest(code.file.get(), image, why, stop)) {
    fmt::print(stderr,
               "muster debug: {} is another build than the one that had the task; it is run all "
               "the same\n",
               code.path);
  }
  return code;
}

/// The file that ran the task, where its client has it or in this host's cache.
Code recorded_code(const RecordedTask& task, const wire::Digest& image, const std::string& id) {
  const std::atomic<bool> stop = false;
  std::string why;
  Code code;
  code.path = task.path;
  code.file = wire::open_checked(code.path, image, why, stop);
  if (code.file) return code;
  const auto cache = wire::ImageCache::usual_directory();
  if (!cache.empty()) {
    std::string why_not_cached;
    code.path = cache / image.hex();
    code.file = wire::open_checked(code.path, image, why_not_cached, stop);
    if (code.file) return code;
  }
  throw std::runtime_error(fmt::format(
      "the program that had the task isn't here any more as it was ({}{}); a build of "
      "it can be named: muster debug {} -- PROGRAM",
      why, task.host == wire::host_name() ? "" : "; it was started on " + task.host, id));
}

/// Its group is ours, so that it has the terminal.
ProcessPlan plan_of(const Code& code, const Descriptor& task, const Descriptor& result) {
  constexpr int task_number = 3;
  constexpr int result_number = 4;
  constexpr int module_number = 5;
  ProcessPlan plan;
  plan.leads_group = false;
  plan.input = STDIN_FILENO;
  plan.descriptors = {{task.get(), task_number}, {result.get(), result_number}};
  plan.environment = {
      {detail::replay_mark_variable, fmt::format("{}:{}", task_number, result_number)}};
  plan.path = code.path;
  plan.executable = code.file.get();
  if (code.is_module) {
    plan.descriptors.emplace_back(code.file.get(), module_number);
    plan.environment.emplace_back(detail::module_mark_variable,
                                  fmt::format("{}:{}", module_number, code.path));
    plan.path = OwnProgram::open().path;
    plan.executable = -1;
  }
  plan.arguments = {plan.path};
  return plan;
}

void run_under_gdb(ProcessPlan& plan) {
  const std::string program = std::exchange(plan.path, find_program("gdb"));
  if (::access(plan.path.c_str(), X_OK) != 0) {
    throw std::runtime_error(
        "there is no gdb here; on Debian its package is gdb: apt-get install gdb");
  }
  plan.executable = -1;
  plan.arguments = {"gdb",    "-q",          "-ex", "set breakpoint pending on",
                    "-ex",    "catch throw", "-ex", "run",
                    "--args", program};
}

int exit_code_of(const ProcessExit& exit) {
  if (exit.signal == 0) return exit.known ? exit.code : int{exit_failed};
  fmt::print(stderr, "muster debug: the task ended its process: {}\n", exit.text());
  return exit_signal + exit.signal;
}

/// What it has returned, if it has.
int tell(const Descriptor& result, const ProcessExit& exit, const Code& code, bool gdb) {
  const detail::Buffer content = wire::read_bytes(result.get(), 0, wire::size_of(result.get()));
  if (content.empty()) {
    if (gdb) return exit_code_of(exit);
    fmt::print(
        stderr,
        "muster debug: {} didn't come to the task ({}): it ran its own main instead, or ended "
        "before; a program has to be linked with muster::muster\n",
        code.path, exit.text());
    return exit.signal != 0 ? exit_signal + exit.signal : int{exit_failed};
  }
  if (static_cast<engine::Replayed>(content.data()[0]) == engine::Replayed::returned)
    fmt::print("{}\n", value_json(content.bytes().subspan(1)));
  return exit_code_of(exit);
}

int replay(const DebugOptions& options, const RecordedTask& task, const Descriptor& file) {
  const wire::Digest image = wire::digest_of(task.image);
  Code code = options.program.empty() ? recorded_code(task, image, options.id)
                                      : named_code(options.program, image);
  const ElfFile elf = read_elf(code.file.get());
  if (!elf.trouble.empty()) throw std::runtime_error(code.path + ": " + elf.trouble);
  code.is_module = elf.is_shared_object;
  const Descriptor result = memory_file({});
  ProcessPlan plan = plan_of(code, file, result);
  if (options.gdb) run_under_gdb(plan);
  fmt::print(stderr, "muster debug: {} of {}\n", wire::function_name(task.entry), code.path);
  // What the terminal sends is for the task, or for gdb.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGQUIT, SIG_IGN);
  Process process = Process::start(plan);
  std::optional<ProcessExit> exit;
  while (!exit)
    exit = process.wait_for(std::chrono::hours(24));
  return tell(result, *exit, code, options.gdb);
}

int debug(const DebugOptions& options) {
  RecordedTask task;
  Descriptor file;
  const int failed = as_connection(
      "debug", options.cluster, {options.id}, [&](const auto& connection, const auto& ids) {
        client::Recorded recorded = client::recorded_task(connection, ids.front());
        detail::wait(recorded.arguments);
        task = std::move(recorded.task);
        file = file_of(task, detail::value(recorded.arguments));
        return int{exit_ok};
      });
  if (failed != exit_ok) return failed;
  try {
    return replay(options, task, file);
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster debug: {}\n", error.what());
    return exit_failed;
  }
}

}  // namespace

void add_debug(CLI::App& app, Run& run) {
  const auto options = std::make_shared<DebugOptions>();
  CLI::App* command =
      app.add_subcommand("debug", "Run a task again here, in the terminal or under gdb");
  add_cluster_choice(*command, options->cluster);
  command->add_flag("--gdb", options->gdb, "Under gdb, which stops where something is thrown")
      ->configurable(false);
  command->add_option("TASK", options->id, "The task, as muster history names it")->required();
  command->add_option("PROGRAM", options->program,
                      "Another build of its program (or task module), after --");
  command->footer(
      "  muster debug 7f3a90c2-12                     what does it do?\n"
      "  muster debug --gdb 7f3a90c2-12               and where?\n"
      "  muster debug --gdb 7f3a90c2-12 -- debug/sim  with symbols\n\n"
      "The same function of the same program is called with the arguments that the task had, in a\n"
      "process on this host, which has this terminal and in which main doesn't run. What it "
      "returns\n"
      "is printed as JSON; what it throws goes to stderr, and the exit code is 1; 128 + n is "
      "signal\n"
      "n. Of tasks that have ended, of programs that have asked for a handle of their session\n"
      "(Client::session), as of muster resubmit. What was pushed to engines isn't there.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return debug(*options); };
  });
}

}  // namespace muster::launcher
