#pragma once
// The commands of `muster`, one file each. Each function adds one to the command line; when it was
// given, `run` becomes what to do, and returns an ExitCode. Together they are the table of options
// (launcher/option.hpp). Options of group "" are those by which Muster's processes start each
// other.

#include <functional>

namespace CLI {
class App;
}

namespace muster::launcher {

class Configuration;

using Run = std::function<int()>;

void add_start(CLI::App& app, Run& run);
void add_exec(CLI::App& app, Run& run);
void add_engines(CLI::App& app, Run& run);
void add_stop(CLI::App& app, Run& run);
void add_status(CLI::App& app, Run& run);
void add_list(CLI::App& app, Run& run);
void add_run(CLI::App& app, Run& run);
void add_history(CLI::App& app, Run& run);
void add_result(CLI::App& app, Run& run);
void add_cancel(CLI::App& app, Run& run);
void add_resubmit(CLI::App& app, Run& run);
void add_purge(CLI::App& app, Run& run);
void add_debug(CLI::App& app, Run& run);
void add_stack(CLI::App& app, Run& run);
void add_report(CLI::App& app, Run& run);
void add_job_script(CLI::App& app, Run& run);
void add_bundle(CLI::App& app, Run& run);
/// `configuration` has to outlive the parse; it is read when the command runs.
void add_config(CLI::App& app, Run& run, const Configuration& configuration);
void add_clean(CLI::App& app, Run& run);
void add_via(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);
void add_demo(CLI::App& app, Run& run);
void add_version(CLI::App& app, Run& run);
/// With --tether, which is hidden, these two are processes that `start` starts.
void add_controller(CLI::App& app, Run& run);
void add_node(CLI::App& app, Run& run);
/// Internal, hidden: manual pages and completion.
void add_describe(CLI::App& app, Run& run);

/// "muster 0.1.0".
const char* version_text();

}  // namespace muster::launcher
