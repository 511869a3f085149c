#include "launcher/local_launch.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "launcher/cluster_claim.hpp"
#include "launcher/cluster_files.hpp"
#include "launcher/cluster_presence.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/image_file.hpp"
#include "launcher/job_file.hpp"
#include "launcher/launched_process.hpp"
#include "launcher/part_plan.hpp"
#include "launcher/restart_policy.hpp"
#include "launcher/runtime_directory.hpp"
#include "protocol/host_name.hpp"
#include "protocol/key_ring.hpp"
#include "protocol/printable.hpp"
#include "protocol/socket.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;

// GOODBYE takes the controller half a second at most; then the node has to reap.
constexpr auto goodbye_bound = 2s;
constexpr std::chrono::seconds force_bound{2};
// For the engines of hosts that have joined, when others took all the time.
constexpr auto last_bound = 5s;

constexpr std::uint32_t engines_of_a_host_max = 4096;

std::string seconds_of(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

struct LocalLaunch::State {
  State(asio::io_context& loop, LaunchConfig settings,
        std::function<void(const wire::ConnectionFile&)> ready,
        std::function<void(const LaunchEnd&)> ended)
      : io(loop),
        config(std::move(settings)),
        on_ready(std::move(ready)),
        on_end(std::move(ended)),
        directory(made_directory(config.name)),
        lock(claim(directory)),
        remains(config.resume ? std::optional(read_remains(directory)) : std::nullopt),
        program(OwnProgram::open()),
        runtime(remains ? RuntimeDirectory(remains->runtime) : RuntimeDirectory()),
        files(remains ? ClusterFiles(directory, *remains)
                      : ClusterFiles(directory, config.bind.has_value(), runtime.path())),
        bound_timer(io),
        restart_timer(io) {
    lock.note("launcher", ::getpid());
    if (remains) config.bind = remains->bind;
    if (!remains) forget_left_job();
    files.connection.engines = config.engines + far_engines(0);
    // Side by side: loading a program takes longer than what the two do before they meet.
    start_controller();
    if (config.engines > 0) start_node();
    if (!config.remote.tunnel) start_far_nodes();
    bound_timer.expires_after(config.ready_bound);
    bound_timer.async_wait(guarded([this] { give_up(); }));
  }

  /// Its nodes would come to us, with engines that nobody has asked for.
  void forget_left_job() const {
    if (const std::string trouble = remove_left_job(directory); !trouble.empty())
      config.on_host_lost(trouble);
  }

  /// A timer's handler that does nothing once it was cancelled or the launch has died.
  std::function<void(const asio::error_code&)> guarded(std::function<void()> action) const {
    return [action = std::move(action),
            alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (!error && !alive.expired()) action();
    };
  }

  void start(LaunchedProcess& child, const std::vector<std::string>& arguments) {
    child.log.emplace(directory.logs() / (child.role + ".log"));
    auto [ours, theirs] = Tether::pair();
    ProcessPlan plan = plan_of_part(program, child.role, config, files.connection.uuid, arguments,
                                    theirs.get(), lock.descriptor());
    plan.output = child.log->descriptor();
    plan.dies_with_parent = false;  // the tether ends it, and leaves it time to clean up
    Process process = Process::start(plan);
    lock.note(child.role, process.pid());
    child.watch.emplace(io, std::move(process),
                        [this, &child](const ProcessExit& exit) { child_ended(child, exit); });
    child.tether.emplace(
        io, std::move(ours), [this, &child](std::string word) { child_said(child, word); },
        nullptr);
  }

  /// Of all hosts and jobs; one that says itself how many it has counts for so many.
  std::uint32_t far_engines(std::uint32_t unless_given) const {
    auto sum = static_cast<std::uint32_t>(config.batch ? config.batch.request.engines : 0);
    for (const RemoteHost& host : config.remote.hosts)
      sum += host.engines > 0 ? static_cast<std::uint32_t>(host.engines) : unless_given;
    return sum;
  }

  void start_controller() {
    start(controller, controller_arguments(config, runtime.path(),
                                           config.engines + far_engines(engines_of_a_host_max)));
    files.connection.controller_pid = controller.watch->process().pid();
  }

  void start_node() { start(node, node_arguments(config, files.connection)); }

  void start_far_nodes() {
    FarNodesEvents events{.on_change = [this] { remote_changed(); },
                          .on_lost = [this](const std::string& text) { lost(text); },
                          .on_news = config.on_host_lost};
    if (config.batch) {
      remote = std::make_unique<BatchNodes>(io, config.batch, directory, std::move(events));
    } else if (!config.remote.hosts.empty()) {
      remote = std::make_unique<RemoteNodes>(
          io, config.remote, directory.logs(), static_cast<int>(config.image_cache >> 20),
          config.log.level, files.file_of(wire::Role::node).network, std::move(events));
    }
  }

  void lost(const std::string& text) {
    if (stopping) return;
    if (!ready && config.remote.require_all) {
      stop({exit_failed, text});
    } else {
      config.on_host_lost(text);
    }
  }

  void remote_changed() {
    if (stopping) {
      if (all_ended()) finish();
      return;
    }
    if (config.engines == 0 && remote->ended()) {
      stop({exit_failed,
            std::string("no ") + remote->noun() + (ready ? " is left" : " could be used")});
      return;
    }
    see_whether_ready();
  }

  bool all_ended() const {
    return !controller.alive() && !node.alive() && (!remote || remote->ended());
  }

  void child_said(LaunchedProcess& child, const std::string& word) {
    if (word.starts_with("failed ")) child.failure = word.substr(7);
    if (&child != &controller || stopping) return;
    if (word.starts_with("bound")) {
      // A controller that is started again has to be found where it was.
      if (config.bind) {
        const std::string endpoints = word.substr(std::string_view("bound").size());
        config.bind->ports = files.listens_at(endpoints, config.bind->published);
      }
      // A tunnel leads to ports that have to be known.
      if (config.remote.tunnel && !remote) start_far_nodes();
      if (node.tether && !std::exchange(node_connects, true)) node.tether->say("connect");
    } else if (word == "ready") {
      controller_ready();
    } else if (word.starts_with("engines ")) {
      ready_count = static_cast<std::uint32_t>(std::strtoul(word.c_str() + 8, nullptr, 10));
      if (remote) remote->engines_are(ready_count);
      see_whether_ready();
    } else if (word == "stop") {
      spdlog::info("a client wishes that the cluster end");
      stop({});
    } else if (word.starts_with("news ")) {
      config.on_host_lost(wire::printable(word.substr(5)));
    }
  }

  void controller_ready() {
    try {
      files.write();
      announced = true;
      watch_files();
      if (remote) remote->deliver(files.file_of(wire::Role::node));
      see_whether_ready();
    } catch (const std::exception& error) {
      stop({exit_failed, error.what()});
    }
  }

  void watch_files() {
    if (presence) return;
    presence.emplace(
        io, lock, directory.connection_file(), [this] { write_again(); },
        [this] {
          files_removed = true;
          stop({exit_failed,
                "its directory " + directory.path().string() +
                    " was removed, so that nobody could find or stop it; start another one"});
        });
  }

  void write_again() {
    if (stopping) return;
    try {
      files.write();
      spdlog::warn("the connection file was removed, and is there again");
    } catch (const std::exception& error) {
      spdlog::warn("the connection file was removed: {}", error.what());
    }
  }

  void see_whether_ready() {
    if (ready || !announced) return;
    if (config.engines_needed) {
      if (ready_count < *config.engines_needed) return;
    } else if (remote && !remote->settled()) {
      return;
    } else if (ready_count < config.engines + (remote ? remote->joined_engines() : 0)) {
      return;
    }
    bound_timer.cancel();
    ready = true;
    wire::ConnectionFile file = files.file_of(wire::Role::client);
    file.engines = std::max(config.engines, ready_count);
    on_ready(file);
  }

  void give_up() {
    if (ready || stopping) return;
    // Those that haven't come are told; the cluster is as large as what has.
    if (remote && !remote->settled()) {
      remote->give_up("it was not ready after " + seconds_of(config.ready_bound) +
                      " s; give it more time with --timeout");
      if (remote->may_come_later()) return;
      bound_timer.expires_after(last_bound);
      bound_timer.async_wait(guarded([this] { give_up(); }));
      return;
    }
    stop({exit_timeout,
          "only " + std::to_string(ready_count) + " of " +
              std::to_string(config.engines + (remote ? remote->joined_engines() : 0)) +
              " engines were ready after " + seconds_of(config.ready_bound) +
              " s; see the logs in " + directory.logs().string() +
              ", or give it more time with --timeout"});
  }

  void child_ended(LaunchedProcess& child, const ProcessExit& exit) {
    // Its last word may wait in the tether behind the news of its end.
    if (child.tether) child.tether->drain();
    if (child.failure.empty() && exit.signal != SIGKILL) child.failure = child.last_lines();
    std::string reason = "the " + child.role + " ended (" + exit.text() + ")";
    if (!child.failure.empty()) reason += ": " + child.failure;
    reason += "; its log is " + (config.log.file.empty()
                                     ? (directory.logs() / (child.role + ".log")).string()
                                     : config.log.file);
    child.watch.reset();
    child.tether.reset();
    // One that ends with 0 was told to by a signal, and has said GOODBYE.
    const bool died = &child == &controller && announced && exit.code != 0;
    if (!stopping) {
      if (died && start_controller_again(reason)) return;
      stop({exit_failed, reason});
    } else if (&child == &controller) {
      node.tether.reset();  // it has had its GOODBYE, and goes by now
      if (remote) remote->cut();
    }
    if (all_ended()) finish();
  }

  /// Nodes, engines and clients wait for it (rules 27 and 29). False when that has failed too
  /// often; then the reason says so.
  bool start_controller_again(std::string& reason) {
    const auto wait = restarts.died(std::chrono::steady_clock::now());
    if (!wait) {
      reason = std::to_string(RestartPolicy::deaths_max) +
               " times within a minute the controller had to be started again; " + reason;
      return false;
    }
    spdlog::warn("{}; it is started again, and what runs goes on", reason);
    restart_timer.expires_after(*wait);
    restart_timer.async_wait(guarded([this] {
      if (stopping) return;
      try {
        controller.failure.clear();
        start_controller();
      } catch (const std::exception& error) {
        stop({exit_failed, std::string("the controller can't be started again: ") + error.what()});
      }
    }));
    return true;
  }

  void stop(LaunchEnd end) {
    if (stopping) {
      force();
      return;
    }
    stopping = true;
    restart_timer.cancel();
    result = std::move(end);
    // Who couldn't go on with it may try again. In a place that was removed may be another's.
    if ((announced || !remains) && !files_removed) directory.forget_cluster();
    if (controller.tether) {
      controller.tether->say("stop " +
                             (result.reason.empty() ? "the cluster was stopped" : result.reason));
    } else {
      node.tether.reset();
      if (remote) remote->cut();
    }
    bound_timer.expires_after(goodbye_bound);
    bound_timer.async_wait(guarded([this] { cut(); }));
    // Who hasn't joined hears no GOODBYE.
    if (remote && !remote->may_come_later()) remote->give_up("the cluster was stopped");
    if (all_ended()) finish();
  }

  void cut() {
    controller.tether.reset();
    node.tether.reset();
    if (remote) remote->cut();
    bound_timer.expires_after(remote ? remote->cut_bound() : force_bound);
    bound_timer.async_wait(guarded([this] { force(); }));
  }

  void force() {
    for (LaunchedProcess* child : {&node, &controller}) {
      if (child->alive()) child->watch->process().signal_group(SIGKILL);
    }
    if (remote) remote->kill();
  }

  void finish() {
    if (std::exchange(finished, true)) return;
    bound_timer.cancel();
    // What a killed node has left behind came to us, its sub-reaper.
    if (!end_descendants(descendants_bound)) {
      result.reason += (result.reason.empty() ? "" : "; ");
      result.reason += "some processes could not be killed: see ps";
      if (result.exit_code == exit_ok) result.exit_code = exit_failed;
    }
    // Not from inside the callback of a child or of the constructor.
    asio::post(io, [this, alive = std::weak_ptr<char>(token)] {
      if (!alive.expired()) on_end(result);
    });
  }

  asio::io_context& io;
  LaunchConfig config;
  std::function<void(const wire::ConnectionFile&)> on_ready;
  std::function<void(const LaunchEnd&)> on_end;
  wire::ClusterDirectory directory;
  ClusterLock lock;
  std::optional<ClusterRemains> remains;
  OwnProgram program;
  RuntimeDirectory runtime;
  ClusterFiles files;
  asio::steady_timer bound_timer;
  asio::steady_timer restart_timer;
  std::optional<ClusterPresence> presence;
  RestartPolicy restarts;
  bool node_connects = false;  ///< it was told that there is a controller
  std::shared_ptr<char> token = std::make_shared<char>();  // a queued timer must not find us dead
  std::uint32_t ready_count = 0;
  bool announced = false;  ///< the connection file is written
  bool files_removed = false;
  bool ready = false;
  bool stopping = false;
  bool finished = false;
  LaunchEnd result;
  std::unique_ptr<FarNodes> remote;
  LaunchedProcess controller{"controller"};
  LaunchedProcess node{"node"};
};

LocalLaunch::LocalLaunch(asio::io_context& io, LaunchConfig config,
                         std::function<void(const wire::ConnectionFile&)> on_ready,
                         std::function<void(const LaunchEnd&)> on_end)
    : state_(
          std::make_unique<State>(io, std::move(config), std::move(on_ready), std::move(on_end))) {}

LocalLaunch::~LocalLaunch() = default;

void LocalLaunch::stop(LaunchEnd end) {
  state_->stop(std::move(end));
}

}  // namespace muster::launcher
