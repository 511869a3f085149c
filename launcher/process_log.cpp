#include "launcher/process_log.hpp"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "launcher/log_file.hpp"
#include "launcher/option.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {

void add_log_options(CLI::App& command, LogOptions& options) {
  restrict_to_words(*command.add_option("--log-level", options.level,
                                        "The least important lines that are logged; info unless "
                                        "given, on a terminal warning"),
                    {"debug", "info", "warning", "error", "off"});
  command
      .add_option("--log-file", options.file,
                  "Append the log of all its processes to this file, instead of to the terminal "
                  "and to the files of the cluster's directory")
      ->type_name("FILE");
}

std::vector<std::string> arguments_for(const LogOptions& options) {
  std::vector<std::string> arguments;
  if (!options.level.empty()) arguments.insert(arguments.end(), {"--log-level", options.level});
  if (!options.file.empty()) {
    arguments.insert(arguments.end(),
                     {"--log-file", std::filesystem::absolute(options.file).string()});
  }
  return arguments;
}

void start_log(const std::string& role, const LogOptions& options) {
  std::shared_ptr<spdlog::logger> log;
  if (options.file.empty()) {
    log = spdlog::stderr_logger_st(role);
  } else {
    const LogFile file(options.file);  // makes it, closed to others
    log = spdlog::basic_logger_st(role, options.file);
  }
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n[%P] %l: %v");
  log->flush_on(spdlog::level::trace);
  log->set_level(options.level.empty() ? spdlog::level::info
                                       : spdlog::level::from_str(options.level));
  spdlog::set_default_logger(std::move(log));
}

void log_line(std::string_view line) {
  spdlog::info("{}", wire::printable(line));
}

}  // namespace muster::launcher
