#pragma once
// What the long-lived processes of a cluster write down.

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace muster::launcher {

struct LogOptions {
  std::string level;  ///< empty: info
  std::string file;   ///< empty: stderr
};

/// Adds --log-level and --log-file.
void add_log_options(CLI::App& command, LogOptions& options);
/// The same options for a process that is started, with an absolute path.
std::vector<std::string> arguments_for(const LogOptions& options);

/// From now on spdlog writes lines with the time and the role to the file, or to stderr, which
/// `start` has pointed at the role's file. Every line is flushed: the last one before a death
/// matters most. Throws std::system_error when the file can't be opened.
void start_log(const std::string& role, const LogOptions& options);

/// A line that may hold what strangers say, as it is fit for a log.
void log_line(std::string_view line);

}  // namespace muster::launcher
