// muster start: the launcher process, in the foreground or in the background.

#include "launcher/command_start.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "launcher/background.hpp"
#include "launcher/cluster_claim.hpp"
#include "launcher/cluster_files.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/local_launch.hpp"
#include "launcher/process_log.hpp"
#include "launcher/tether.hpp"

namespace muster::launcher {
namespace {

// What the background process may need to end everything after its own bound has passed.
constexpr std::chrono::seconds ending_bound{15};

std::string announcement(const wire::ConnectionFile& cluster, bool background) {
  const wire::ClusterName name{cluster.profile, cluster.cluster_id};
  const std::string arguments = arguments_for(name);
  std::string client = "muster::Client client;";
  if (!arguments.empty()) {
    client = fmt::format("muster::Client client({{.profile = \"{}\", .cluster_id = \"{}\"}});",
                         name.profile, name.cluster_id);
  }
  std::string network;
  if (cluster.network) {
    const wire::ClusterDirectory directory(name);
    network = fmt::format(
        "  other hosts     copy {} there, then: muster node --connect connection-node.json\n"
        "  programs there  copy {}, then: MUSTER_CONNECTION_FILE=connection.json ./my_program\n"
        "  listens on      {}\n",
        directory.node_file().string(), directory.connection_file().string(),
        cluster.network->control_endpoint);
  }
  return fmt::format(
      "{} is running: {} engine{}, controller {}\n"
      "  in a program    {}\n"
      "  look at it      muster status{}\n"
      "  stop it         {}muster stop{}\n"
      "{}"
      "  its files       {}\n",
      describe(name), cluster.engines, cluster.engines == 1 ? "" : "s", cluster.controller_pid,
      client, arguments, background ? "" : "Ctrl-C here, or: ", arguments, network,
      wire::ClusterDirectory(name).path().string());
}

/// Everything that the launcher process has, in the order of its life.
class Launcher {
 public:
  Launcher(const StartOptions& options, std::optional<wire::Descriptor> starter)
      : options_(options), background_(starter.has_value()), signals_(io_) {
    if (starter) {
      // Its only word says that the user knows of the cluster, which then outlives it.
      starter_.emplace(
          io_, std::move(*starter), [this](const std::string&) { starter_.reset(); },
          [this] { starter_left(); });
    }
  }

  int run() {
    try {
      prepare();
      LaunchConfig config = launch_config(options_);
      config.on_host_lost = [this](const std::string& text) { host_lost(text); };
      launch_.emplace(
          io_, config, [this](const wire::ConnectionFile& cluster) { ready(cluster); },
          [this](const LaunchEnd& end) {
            end_ = end;
            io_.stop();
          });
      wait_for_signal();
      io_.run();
    } catch (const AlreadyRunning& error) {
      end_ = {exit_already_running, error.what()};
    } catch (const NothingToResume& error) {
      end_ = {exit_no_cluster, error.what()};
    } catch (const std::exception& error) {
      end_ = {exit_failed, error.what()};
    }
    launch_.reset();
    return report();
  }

 private:
  void prepare() {
    std::signal(SIGPIPE, SIG_IGN);  // a closed terminal must not end the cluster halfway
    become_subreaper();
    LogOptions log = options_.log;
    // On a terminal only what its reader has to act on.
    if (!background_ && log.file.empty() && log.level.empty()) log.level = "warning";
    start_log("launcher", log);
    if (!background_) return;
    const wire::ClusterDirectory directory(options_.name);
    directory.create();
    redirect_output(directory.logs() / "launcher.log");
  }

  void wait_for_signal() {
    if (!signals_added_) {
      for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        signals_.add(signal);
      signals_added_ = true;
    }
    signals_.async_wait([this](const asio::error_code& error, int signal) {
      if (error) return;
      spdlog::info("signal {}: stopping", signal);
      // Once it runs, a signal is the way to stop it, and no failure.
      launch_->stop(
          ready_ ? LaunchEnd{}
                 : LaunchEnd{exit_signal + signal,
                             fmt::format("stopped by signal {} before it was ready", signal)});
      wait_for_signal();  // the second one goes to force
    });
  }

  void starter_left() {
    if (!launch_) return;
    launch_->stop({exit_signal + SIGINT, "the command that started it was interrupted"});
  }

  void host_lost(const std::string& text) {
    if (!background_) {
      fmt::print(stderr, "muster start: {}\n", text);
      return;
    }
    spdlog::warn("{}", text);
    if (starter_) starter_->say("host " + text);
  }

  void ready(const wire::ConnectionFile& cluster) {
    ready_ = true;
    spdlog::info("{} engines are ready", cluster.engines);
    if (starter_) {
      starter_->say(fmt::format("ready {}", cluster.engines));
    } else {
      fmt::print("{}", announcement(cluster, false));
      std::fflush(stdout);
    }
  }

  int report() {
    if (end_.reason.empty()) {
      if (!background_) fmt::print("stopped\n");
      return end_.exit_code;
    }
    if (starter_) {
      starter_->say(fmt::format("failed {} {}", end_.exit_code, end_.reason));
    }
    if (background_) {
      spdlog::error("{}", end_.reason);
    } else {
      fmt::print(stderr, "muster start: {}\n", end_.reason);
    }
    return end_.exit_code;
  }

  const StartOptions& options_;
  const bool background_;
  asio::io_context io_;
  asio::signal_set signals_;
  bool signals_added_ = false;
  std::optional<Tether> starter_;
  std::optional<LocalLaunch> launch_;
  bool ready_ = false;
  LaunchEnd end_;
};

/// The process that the shell waits for: returns when the background process has said how it went.
int wait_for_background(const StartOptions& options, const wire::Descriptor& tether) {
  const auto bound = std::chrono::seconds(options.timeout_s) + ending_bound;
  const wire::ClusterDirectory directory(options.name);
  // Nobody may read what is said here, as in `muster start --daemonize | true`: no reason to end.
  std::signal(SIGPIPE, SIG_IGN);
  auto word = wait_for_word(tether, bound);
  for (; word && word->starts_with("host "); word = wait_for_word(tether, bound))
    fmt::print(stderr, "muster start: {}\n", word->substr(5));
  if (word && word->starts_with("ready ")) {
    wire::ConnectionFile cluster = wire::read_connection_file(directory.connection_file());
    cluster.engines = std::atoi(word->c_str() + 6);
    fmt::print("{}", announcement(cluster, true));
    if (std::fflush(stdout) != 0 && errno == EPIPE) std::clearerr(stdout);
    say_word(tether, "seen");  // interrupted before, it takes the cluster with it
    return exit_ok;
  }
  const std::string log = (directory.logs() / "launcher.log").string();
  if (!word) {
    fmt::print(stderr, "muster start: the launcher did not answer in {} s; its log is {}\n",
               bound.count(), log);
    return exit_timeout;
  }
  // "failed CODE REASON"
  const std::size_t reason = word->find(' ', 7);
  if (!word->starts_with("failed ") || reason == std::string::npos) {
    fmt::print(stderr, "muster start: the launcher ended without a word; its log is {}\n", log);
    return exit_failed;
  }
  fmt::print(stderr, "muster start: {}\n", word->substr(reason + 1));
  return std::atoi(word->c_str() + 7);
}

}  // namespace

int start(const StartOptions& options) {
  if (!options.daemonize) return Launcher(options, std::nullopt).run();
  Background background = go_to_background();
  if (background.is_starter) return wait_for_background(options, background.tether);
  return Launcher(options, std::move(background.tether)).run();
}

void add_start(CLI::App& app, Run& run) {
  const auto options = std::make_shared<StartOptions>();
  CLI::App* command = app.add_subcommand("start", "Start a cluster on this host");
  add_cluster_options(*command, options->name);
  add_cluster_start_options(*command, *options);
  command->add_flag("--daemonize", options->daemonize,
                    "Return when all engines are ready; the cluster runs in the background");
  command->footer(
      "In the foreground Ctrl-C ends it, with all its processes. Programs that use Muster find it\n"
      "by its profile and cluster id.");
  command->callback([command, options, &run] {
    check_hosts(*command, *options);
    run = [options] { return start(*options); };
  });
}

}  // namespace muster::launcher
