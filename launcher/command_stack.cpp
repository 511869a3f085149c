// muster stack: what an engine is doing, thread by thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <muster/detail/engine_targets.hpp>
#include <muster/error.hpp>
#include <muster/task_id.hpp>

#include "client/engine_stacks.hpp"
#include "launcher/chosen_client.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"
#include "launcher/output_format.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

using nlohmann::json;

struct StackOptions {
  ClusterChoice cluster;
  std::string format = "text";
  std::optional<int> engine;
  bool all = false;
};

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) * 1e-9;
}

std::string task_id(const wire::EngineStacks& engine) {
  return TaskId{engine.session, engine.process.counter}.text();
}

std::string task_text(const wire::EngineStacks& engine) {
  if (!engine.process.executing) return "executes no task";
  std::string text = "executes " + task_id(engine);
  if (!engine.function.empty()) text += ", " + engine.function;
  if (!engine.label.empty()) text += " \"" + engine.label + "\"";
  return text + fmt::format(", for {:.3f} s", seconds(engine.process.ran_ns));
}

std::string thread_text(const wire::ThreadStack& stack) {
  std::string text = stack.threads.size() == 1 ? fmt::format("thread {}", stack.threads.front())
                                               : fmt::format("{} threads, {}", stack.threads.size(),
                                                             stack.threads.front());
  text += fmt::format(" ({}) {}", stack.name, stack.state);
  if (!stack.trouble.empty()) text += ": " + stack.trouble;
  text += "\n";
  for (std::size_t i = 0; i < stack.frames.size(); ++i)
    text += fmt::format("  #{:<2} {}\n", i, stack.frames[i]);
  return text;
}

std::string text_of(const wire::EngineStacks& engine) {
  std::string text = fmt::format("engine {}, process {} on {}, {}\n{}\n", engine.engine, engine.pid,
                                 engine.host, engine.program, task_text(engine));
  for (const wire::ThreadStack& stack : engine.process.stacks)
    text += "\n" + thread_text(stack);
  if (engine.process.left_out > 0)
    text += fmt::format("\n{} more threads\n", engine.process.left_out);
  return wire::printable_lines(text);
}

json json_of(const wire::EngineStacks& engine) {
  json threads = json::array();
  for (const wire::ThreadStack& stack : engine.process.stacks) {
    threads.push_back({{"threads", stack.threads},
                       {"name", stack.name},
                       {"state", stack.state},
                       {"frames", stack.frames},
                       {"trouble", stack.trouble}});
  }
  json task = nullptr;
  if (engine.process.executing) {
    task = {{"id", task_id(engine)},
            {"function", engine.function},
            {"label", engine.label},
            {"for_s", seconds(engine.process.ran_ns)}};
  }
  return {{"engine", engine.engine},
          {"host", engine.host},
          {"pid", engine.pid},
          {"program", engine.program},
          {"task", task},
          {"stacks", threads},
          {"left_out", engine.process.left_out}};
}

void print(const json& value) {
  fmt::print("{}\n", value.dump(-1, ' ', false, json::error_handler_t::replace));
}

int print_one(const std::shared_ptr<detail::Connection>& connection, const StackOptions& options) {
  const wire::EngineStacks engine = client::engine_stacks(connection, *options.engine);
  if (options.format == "json") {
    print(json_of(engine));
  } else {
    fmt::print("{}", text_of(engine));
  }
  return exit_ok;
}

/// One that can't answer doesn't keep the others'.
int print_all(const std::shared_ptr<detail::Connection>& connection, const std::string& format) {
  json all = json::array();
  std::string text;
  int code = exit_ok;
  for (const int id : detail::engine_ids(connection)) {
    try {
      const wire::EngineStacks engine = client::engine_stacks(connection, id);
      all.push_back(json_of(engine));
      text += (text.empty() ? "" : "\n") + text_of(engine);
    } catch (const ConnectionLost&) {
      throw;
    } catch (const ClusterError& error) {
      fmt::print(stderr, "muster stack: {}\n", error.what());
      code = exit_failed;
    }
  }
  if (format == "json") {
    print(all);
  } else {
    fmt::print("{}", text);
  }
  return code;
}

}  // namespace

void add_stack(CLI::App& app, Run& run) {
  const auto options = std::make_shared<StackOptions>();
  CLI::App* command = app.add_subcommand("stack", "Show what an engine is doing, thread by thread");
  add_cluster_choice(*command, options->cluster);
  add_format_options(*command, options->format, {"text", "json"});
  CLI::Option* all = command->add_flag("--all", options->all, "Each engine, one after the other");
  all->configurable(false);
  restrict_to_numbers(
      *command->add_option("ENGINE", options->engine, "The engine's id, as muster status shows it")
           ->excludes(all),
      0, 1'000'000'000);
  command->footer(
      "The task that it executes, and where each thread of its process is, the innermost function\n"
      "first; threads that are at the same place together. Also while a task hangs or holds "
      "locks,\n"
      "and on other hosts; no debugger and no permission to trace is needed: each thread gets a\n"
      "signal and tells by itself, so a system call that can't go on after one ends with EINTR, "
      "as\n"
      "it does for any. Names come from the files' symbol tables, so not of what was stripped.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    if (!options->all && !options->engine) throw CLI::RequiredError("ENGINE, or --all");
    run = [options] {
      return as_connection("stack", options->cluster, {}, [&](const auto& connection, const auto&) {
        return options->all ? print_all(connection, options->format)
                            : print_one(connection, *options);
      });
    };
  });
}

}  // namespace muster::launcher
