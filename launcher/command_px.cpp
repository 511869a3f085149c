// muster px: a line of C++ on the engines.

#include "launcher/command_px.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <csignal>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <muster/muster.hpp>

#include "launcher/chosen_client.hpp"
#include "launcher/engine_choice.hpp"
#include "launcher/engine_texts.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/followed_results.hpp"

namespace muster::launcher {
namespace {

constexpr Remote<void(Context&, std::stop_token)> line_function{"px"};

struct PxOptions {
  ClusterChoice cluster;
  EngineChoice engines;
  std::vector<std::string> includes;
  std::vector<std::string> flags;
  std::string line;
};

/// For certain, of the last part of a line: nothing, as behind a semicolon, or what begins as one.
/// `std::vector<int>{1, 2}` ends as a block does, and is none.
bool is_statement(const std::string& line) {
  constexpr const char* blanks = " \t\n";
  const std::size_t last = line.find_last_not_of(blanks);
  if (last == std::string::npos) return true;
  const std::size_t first = line.find_first_not_of(blanks);
  if (line[first] == '{') return true;
  const std::string word = line.substr(first, line.find_first_of(" \t\n({", first) - first);
  constexpr std::array<std::string_view, 10> words{"for", "while",  "if",    "else",   "do",
                                                   "try", "switch", "catch", "return", "throw"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Where the last part of a line begins that has several, which may be an expression: behind the
/// last semicolon or block that is in no brackets, no quotes and no comment. 0: it has one part. A
/// guess is enough: where that isn't an expression, the line is taken for statements.
std::size_t last_part(const std::string& line) {
  int depth = 0;
  char quote = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' && i > 0 && line[i - 1] == 'R') {
      const std::string end = ")" + line.substr(i + 1, line.find('(', i) - i - 1) + "\"";
      i = std::min(line.size(), line.find(end, i)) + end.size() - 1;
    } else if (c == '"' || (c == '\'' && (i == 0 || !std::isalnum(line[i - 1])))) {
      quote = c;  // and between digits it is none
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
      const std::size_t next = line.find_first_not_of(" \t\n", i + 1);
      const bool block = c == '}' && depth == 0 && next != std::string::npos;
      if (block && (std::isalnum(static_cast<unsigned char>(line[next])) || line[next] == '_'))
        begin = i + 1;
    } else if (c == '/' && (line.compare(i, 2, "//") == 0 || line.compare(i, 2, "/*") == 0)) {
      const std::string end = line[i + 1] == '/' ? "\n" : "*/";
      i = std::min(line.size(), line.find(end, i + 2)) + end.size() - 1;
    } else if (c == ';' && depth == 0) {
      begin = i + 1;
    }
  }
  return begin;
}

/// How a value is shown: as std::cout would, containers and pairs by what is in them, and of what
/// can't be shown what it is. And how statements are run, which may return one.
constexpr const char* show_function = R"(
template <class T>
static void muster_px_show(const T& value) {
  if constexpr (std::is_base_of_v<std::ios_base, T>) {
    // A stream that has been written to has nothing more to say.
  } else if constexpr (requires { std::cout << value; }) {
    std::cout << value;
  } else if constexpr (requires { value.begin() != value.end(); }) {
    const char* before = "[";
    for (const auto& each : value) {
      std::cout << before;
      muster_px_show(each);
      before = ", ";
    }
    std::cout << (value.begin() != value.end() ? "]" : "[]");
  } else if constexpr (requires { value.first, value.second; }) {
    std::cout << '(';
    muster_px_show(value.first);
    std::cout << ", ";
    muster_px_show(value.second);
    std::cout << ')';
  } else {
    int failed = 0;
    char* const name = abi::__cxa_demangle(typeid(T).name(), nullptr, nullptr, &failed);
    std::cout << "a value of " << (failed == 0 ? name : typeid(T).name())
              << ", which has no operator<<";
    std::free(name);
  }
}
template <class Statements>
static void muster_px_run(const Statements& statements) {
  if constexpr (std::is_void_v<decltype(statements())>) {
    statements();
  } else {
    muster_px_show(statements());
    std::cout << '\n';
  }
}
)";

/// What the line may use without asking, and the function that it is the body of. The compiler
/// counts the line as the first one of its own file. The part from `expression` on, if there is
/// one, is an expression, whose value is shown.
std::string source_of(const PxOptions& options, std::optional<std::size_t> expression) {
  std::string text;
  for (const char* header :
       {"algorithm", "chrono", "cmath", "cstdio", "cstdlib", "filesystem", "fstream", "iostream",
        "map", "numeric", "stop_token", "string", "thread", "type_traits", "typeinfo", "utility",
        "vector", "cxxabi.h", "unistd.h"})
    text += fmt::format("#include <{}>\n", header);
  for (const std::string& header : options.includes)
    text += fmt::format("#include <{}>\n", header);
  text += show_function;
  text +=
      "static void px([[maybe_unused]] muster::Context& context,\n"
      "               [[maybe_unused]] std::stop_token stop) {\n";
  const std::string& line = options.line;
  if (!expression) {
    return text + "muster_px_run([&] {\n#line 1 \"line\"\n" + line + "\n;\n});\n}\n";
  }
  const std::string first = line.substr(0, *expression);
  if (first.empty()) {
    text += "muster_px_show((\n#line 1 \"line\"\n" + line;
  } else {
    text += "#line 1 \"line\"\n" + first + " muster_px_show((" + line.substr(*expression);
  }
  return text + "\n));\nstd::cout << '\\n';\n}\n";
}

/// What isn't marked as statements is an expression, or ends with one, if it can: `int x = 3` and a
/// call that gives nothing are none. The compiler's words are about what the line more likely was
/// meant to be: with several parts, statements.
Module compile_line(const Client& client, const PxOptions& options, const std::stop_token& stop) {
  const CompileOptions how{.exports = {"px"}, .flags = options.flags, .compiler = {}, .stop = stop};
  const auto statements = [&] { return client.compile(source_of(options, std::nullopt), how); };
  const std::size_t last = last_part(options.line);
  if (is_statement(options.line.substr(last))) return statements();
  try {
    return client.compile(source_of(options, last), how);
  } catch (const CompileError& expression) {
    const std::string words = expression.what();
    try {
      return statements();
    } catch (const CompileError&) {
      if (last > 0) throw;
      throw CompileError(words);
    }
  }
}

/// By a thread, so that a signal ends the compiler; which one, then, is in `caught`.
std::optional<Module> compile_line(const Client& client, const PxOptions& options,
                                   const SignalDescriptor& signals, int& caught) {
  constexpr std::chrono::milliseconds look_interval{5};
  std::promise<Module> promise;
  std::future<Module> compiled = promise.get_future();
  std::jthread compiler([&](const std::stop_token& stop) {
    try {
      promise.set_value(compile_line(client, options, stop));
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  });
  while (compiled.wait_for(look_interval) != std::future_status::ready) {
    if (const auto signal = signals.take()) {
      caught = signal->number;
      compiler.request_stop();
    }
  }
  if (caught != 0) return std::nullopt;
  return compiled.get();
}

/// What was cancelled has its output shown, too.
int print_all(const JoinedResults<void>& results, const std::vector<int>& engines,
              const std::string& group) {
  std::vector<EngineText> texts;
  int worst = exit_ok;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    const TaskOutput output = results[i].output();
    EngineText text{engines[i], output.out, output.err};
    try {
      results[i].get();
    } catch (const Cancelled&) {
      worst = exit_failed;  // its user knows
    } catch (const ClusterError& error) {
      if (!text.err.empty() && text.err.back() != '\n') text.err += '\n';
      text.err += "muster px: " + std::string(error.what()) + "\n";
      worst = exit_failed;
    }
    texts.push_back(std::move(text));
  }
  print_texts(std::move(texts), group);
  return worst;
}

int run_line(const PxOptions& options) {
  // Before there are threads, which would get them.
  const SignalDescriptor signals{SIGINT, SIGTERM, SIGHUP};
  return as_client("px", options.cluster, {}, [&](const Client& client, const auto&) {
    std::vector<int> engines = chosen_engines(options.engines, options.cluster, client);
    if (engines.empty()) engines = client.ids();
    if (engines.empty())
      throw ClusterError("the cluster has no engines: add some with: muster engines");
    int signal = 0;
    const std::optional<Module> module = compile_line(client, options, signals, signal);
    if (!module) return exit_signal + signal;
    std::vector<AsyncResult<void>> tasks;
    for (const int engine : engines)
      tasks.push_back(client[engine].from(*module).apply<line_function>());
    const JoinedResults<void> results(std::move(tasks));
    signal = follow(results, signals, false, "px");
    const int code = print_all(results, engines, options.engines.group);
    return signal != 0 ? exit_signal + signal : code;
  });
}

}  // namespace

void add_px(CLI::App& app, Run& run) {
  const auto options = std::make_shared<PxOptions>();
  CLI::App* command = app.add_subcommand("px", "Compile a line of C++ and run it on all engines");
  add_cluster_choice(*command, options->cluster);
  add_targets(*command, options->engines);
  command
      ->add_option("-i,--include", options->includes, "Include this header, too; may be repeated")
      ->type_name("HEADER")
      ->allow_extra_args(false)
      ->configurable(false);
  command->add_option("--flag", options->flags, "For the compiler: --flag=-O3; may be repeated")
      ->type_name("FLAG")
      ->allow_extra_args(false)
      ->configurable(false);
  command->add_option("LINE", options->line, "Statements, or an expression whose value is printed")
      ->required();
  command->footer(
      "  muster px 'getpid()'\n"
      "  muster px 'std::vector{context.engine(), 7}'\n"
      "  muster px 'int x = context.engine(); x * x'\n"
      "  muster px 'std::cout << context.engine() << std::endl; throw 42;'\n"
      "  muster px -t 0,2:5 'for (auto& f : std::filesystem::directory_iterator(\".\"))\n"
      "                        std::cout << f.path() << std::endl;'\n\n"
      "The line is compiled here, by the compiler and with the flags that Muster was installed "
      "with,\n"
      "and kept: the same line again costs nothing. The value of an expression is printed, of\n"
      "statements that of the last one if it is an expression, or what they return. What is\n"
      "printed is shown engine by engine (--group order: in the order of -t; type: first what all\n"
      "have written to stdout). It may use its muster::Context& context and std::stop_token stop.\n"
      "Ctrl-C asks it to stop, and 5 s later ends the processes that go on with it. The exit code\n"
      "is 1 when it can't be compiled, and when it has thrown somewhere.");
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return run_line(*options); };
  });
}

}  // namespace muster::launcher
