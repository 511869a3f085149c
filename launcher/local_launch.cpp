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

#include "launcher/child_watch.hpp"
#include "launcher/cluster_files.hpp"
#include "launcher/cluster_lock.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/image_file.hpp"
#include "launcher/log_file.hpp"
#include "launcher/restart_policy.hpp"
#include "launcher/runtime_directory.hpp"
#include "launcher/tether.hpp"
#include "protocol/host_name.hpp"
#include "protocol/key_ring.hpp"
#include "protocol/socket.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;

// GOODBYE takes the controller half a second at most; then the node has to reap.
constexpr auto goodbye_bound = 2s;
constexpr auto force_bound = 2s;
constexpr auto descendants_bound = 2s;

constexpr int tether_number = 3;  // descriptors of the children
constexpr int lock_number = 4;

/// One of the two processes that a launcher keeps.
struct Child {
  std::string role;
  std::optional<LogFile> log;
  std::optional<ChildWatch> watch;
  std::optional<Tether> tether;
  std::string failure;  ///< what it said before it ended

  bool alive() const { return watch.has_value(); }
};

/// What a process wrote about its own end: the three last lines.
std::string last_lines(const std::string& text) {
  std::size_t start = text.size();
  for (int i = 0; i < 3 && start != std::string::npos && start > 0; ++i) {
    start = text.rfind('\n', start - 1);
  }
  return start == std::string::npos ? text : text.substr(std::min(start + 1, text.size()));
}

std::string joined(const std::vector<std::uint16_t>& ports) {
  std::string text;
  for (const std::uint16_t port : ports)
    text += (text.empty() ? "" : ",") + std::to_string(port);
  return text;
}

wire::ClusterDirectory prepared(const wire::ClusterName& name) {
  wire::ClusterDirectory directory(name);
  directory.create();
  return directory;
}

ClusterLock lock_of(const wire::ClusterDirectory& directory) {
  auto lock = ClusterLock::acquire(directory.lock_file());
  if (lock) return std::move(*lock);
  std::string text = "cluster '" + directory.name().cluster_id + "' of profile '" +
                     directory.name().profile + "' is already running";
  const auto holders = ClusterLock::holders(directory.lock_file());
  if (!holders.empty()) {
    text += " (" + holders.front().role + " " + std::to_string(holders.front().pid) + ")";
  }
  throw AlreadyRunning(text +
                       "; use it, stop it with: muster stop, or choose another --cluster-id");
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
        directory(prepared(config.name)),
        lock(lock_of(directory)),
        remains(config.resume ? std::optional(read_remains(directory)) : std::nullopt),
        program(OwnProgram::open()),
        runtime(remains ? RuntimeDirectory(remains->runtime) : RuntimeDirectory()),
        files(remains ? ClusterFiles(directory, *remains)
                      : ClusterFiles(directory, config.bind.has_value(), runtime.path())),
        bound_timer(io),
        restart_timer(io) {
    lock.note("launcher", ::getpid());
    if (remains) config.bind = remains->bind;
    files.connection.engines = config.engines;
    // Side by side: loading a program takes longer than what the two do before they meet.
    start_controller();
    if (config.engines > 0) start_node();
    bound_timer.expires_after(config.ready_bound);
    bound_timer.async_wait(guarded([this] { give_up(); }));
  }

  /// A timer's handler that does nothing once it was cancelled or the launch has died.
  std::function<void(const asio::error_code&)> guarded(std::function<void()> action) const {
    return [action = std::move(action),
            alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (!error && !alive.expired()) action();
    };
  }

  void start(Child& child, std::vector<std::string> arguments) {
    child.log.emplace(directory.logs() / (child.role + ".log"));
    auto [ours, theirs] = Tether::pair();
    ProcessPlan plan;
    plan.executable = program.file.get();
    plan.path = program.path;
    plan.arguments = {program.path, child.role, "--uuid", files.connection.uuid.hex()};
    plan.arguments.insert(
        plan.arguments.end(),
        {"--profile", config.name.profile, "--cluster-id", config.name.cluster_id, "--tether",
         std::to_string(tether_number), "--lock", std::to_string(lock_number)});
    plan.arguments.insert(plan.arguments.end(), arguments.begin(), arguments.end());
    const std::vector<std::string> log = arguments_for(config.log);
    plan.arguments.insert(plan.arguments.end(), log.begin(), log.end());
    plan.environment = {{"MUSTER_CLUSTER", files.connection.uuid.hex()}};
    plan.descriptors = {{theirs.get(), tether_number}, {lock.descriptor(), lock_number}};
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

  void start_controller() {
    std::vector<std::string> arguments{"--runtime",     runtime.path().string(),
                                       "--scheme",      config.scheme,
                                       "--hwm",         std::to_string(config.hwm),
                                       "--engines",     std::to_string(config.engines),
                                       "--memory",      std::to_string(config.memory >> 20),
                                       "--image-cache", std::to_string(config.image_cache >> 20)};
    if (config.bind) {
      arguments.insert(arguments.end(), {"--listen", config.bind->address});
      if (!config.bind->ports.empty()) {
        arguments.insert(arguments.end(), {"--ports", joined(config.bind->ports)});
      }
    }
    start(controller, arguments);
    files.connection.controller_pid = controller.watch->process().pid();
  }

  void start_node() {
    start(node, {"--slots", std::to_string(config.engines), "--engine-endpoint",
                 files.connection.engine_endpoint, "--control-endpoint",
                 files.connection.control_endpoint, "--image-cache",
                 std::to_string(config.image_cache >> 20)});
  }

  void child_said(Child& child, const std::string& word) {
    if (word.starts_with("failed ")) child.failure = word.substr(7);
    if (&child != &controller || stopping) return;
    if (word.starts_with("bound")) {
      // A controller that is started again has to be found where it was.
      if (config.bind) {
        const std::string endpoints = word.substr(std::string_view("bound").size());
        config.bind->ports = files.listens_at(endpoints, config.bind->published);
      }
      if (node.tether && !std::exchange(node_connects, true)) node.tether->say("connect");
    } else if (word == "ready") {
      controller_ready();
    } else if (word.starts_with("engines ")) {
      ready_count = static_cast<std::uint32_t>(std::strtoul(word.c_str() + 8, nullptr, 10));
      see_whether_ready();
    }
  }

  void controller_ready() {
    try {
      files.write();
      announced = true;
      see_whether_ready();
    } catch (const std::exception& error) {
      stop({exit_failed, error.what()});
    }
  }

  void see_whether_ready() {
    if (ready || !announced || ready_count < config.engines_needed.value_or(config.engines)) return;
    bound_timer.cancel();
    ready = true;
    on_ready(files.file_of(wire::Role::client));
  }

  void give_up() {
    if (ready || stopping) return;
    stop({exit_timeout,
          "only " + std::to_string(ready_count) + " of " + std::to_string(config.engines) +
              " engines were ready after " +
              std::to_string(
                  std::chrono::duration_cast<std::chrono::seconds>(config.ready_bound).count()) +
              " s; see the logs in " + directory.logs().string() +
              ", or give it more time with --timeout"});
  }

  void child_ended(Child& child, const ProcessExit& exit) {
    // Its last word may wait in the tether behind the news of its end.
    if (child.tether) child.tether->drain();
    if (child.failure.empty() && exit.signal != SIGKILL) {
      child.failure = last_lines(child.log->tail());
    }
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
    } else if (&child == &controller && node.tether) {
      node.tether.reset();  // it has had its GOODBYE, and goes by now
    }
    if (!controller.alive() && !node.alive()) finish();
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
    // Who couldn't go on with it may try again.
    if (announced || !remains) directory.forget_cluster();
    if (controller.tether) {
      controller.tether->say("stop " +
                             (result.reason.empty() ? "the cluster was stopped" : result.reason));
    } else {
      node.tether.reset();
    }
    bound_timer.expires_after(goodbye_bound);
    bound_timer.async_wait(guarded([this] { cut(); }));
    if (!controller.alive() && !node.alive()) finish();
  }

  void cut() {
    controller.tether.reset();
    node.tether.reset();
    bound_timer.expires_after(force_bound);
    bound_timer.async_wait(guarded([this] { force(); }));
  }

  void force() {
    for (Child* child : {&node, &controller}) {
      if (child->alive()) child->watch->process().signal_group(SIGKILL);
    }
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
  RestartPolicy restarts;
  bool node_connects = false;  ///< it was told that there is a controller
  std::shared_ptr<char> token = std::make_shared<char>();  // a queued timer must not find us dead
  std::uint32_t ready_count = 0;
  bool announced = false;  ///< the connection file is written
  bool ready = false;
  bool stopping = false;
  bool finished = false;
  LaunchEnd result;
  Child controller{.role = "controller", .log = {}, .watch = {}, .tether = {}, .failure = {}};
  Child node{.role = "node", .log = {}, .watch = {}, .tether = {}, .failure = {}};
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
