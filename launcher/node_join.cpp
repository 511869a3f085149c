#include "launcher/node_join.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <zmq.hpp>

#include "launcher/batch_system.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/descendants.hpp"
#include "launcher/descriptor_watch.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/file_limit.hpp"
#include "launcher/image_file.hpp"
#include "launcher/log_relay.hpp"
#include "launcher/node.hpp"
#include "launcher/node_bundle.hpp"
#include "launcher/node_line.hpp"
#include "launcher/process_log.hpp"
#include "launcher/slurm_allocation.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/host_name.hpp"
#include "protocol/knock.hpp"
#include "protocol/private_file.hpp"
#include "protocol/way.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;
using wire::KnockAnswer;

constexpr auto first_answer_bound = 10s;
/// How often a node without its controller asks whether it would still be let in.
constexpr auto controller_interval = 5s;
constexpr auto knock_bound = 200ms;
constexpr auto farewell_time = 2s;  // for its engines to end; on_leave comes sooner

constexpr auto file_bound = 10s;
constexpr auto file_interval = 100ms;

constexpr std::size_t file_bytes_max = 64 * 1024;

/// Before it has sent anything.
class LauncherEnded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Before the job ran.
class ClusterEnded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file server may show it late.
void wait_for_file(const std::filesystem::path& path) {
  const auto deadline = std::chrono::steady_clock::now() + file_bound;
  while (!std::filesystem::exists(path)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw ClusterEnded("the cluster has ended before this job's turn came: there is no " +
                         path.string());
    }
    std::this_thread::sleep_for(file_interval);
  }
}

wire::ConnectionFile read_node_file(const std::filesystem::path& path) {
  wire::ConnectionFile file;
  try {
    file = wire::read_connection_file(path);
  } catch (const wire::ConnectionFileError& error) {
    if (error.kind() != wire::ConnectionFileError::Kind::missing) throw;
    throw std::runtime_error("there is no connection file " + path.string() +
                             "; copy connection-node.json from the host on which the cluster runs");
  }
  if (file.role == wire::Role::node) return file;
  throw std::runtime_error("connection file " + path.string() + " is for the role " +
                           wire::name_of(file.role) +
                           "; a node needs the file connection-node.json that lies beside it on "
                           "the host of the cluster");
}

/// Of a node that is held: what is written there goes to its launcher.
std::filesystem::path make_passing_logs() {
  std::string path = std::filesystem::temp_directory_path() / "muster-node-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make " + path);
  }
  return path;
}

/// Beside those of clusters of this host; two hosts may share the directory. A job has its
/// cluster's own.
std::filesystem::path make_logs(const JoinOptions& options, const wire::ClusterName& name,
                                const std::string& host) {
  const wire::ClusterDirectory directory(name);
  if (!options.in_job()) directory.create();
  const std::filesystem::path logs =
      (options.in_job() ? options.file.parent_path() / "logs" : directory.logs()) /
      ("node-" + host);
  wire::make_private_directory(logs);
  return logs;
}

/// To a person, or in one line to the launcher that holds it.
void say_problem(const std::string& mark, std::string text) {
  if (mark.empty()) {
    fmt::print(stderr, "muster node: {}\n", text);
    return;
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  fmt::print("{} failed {}\n", mark, text);
  std::fflush(stdout);
}

/// sshd knows from where it was reached: "CLIENT PORT SERVER PORT".
std::string better_address() {
  const char* connection = std::getenv("SSH_CONNECTION");
  if (connection == nullptr) return "say where hosts reach the controller with --bind ADDRESS";
  const std::string client(connection, std::strcspn(connection, " "));
  return "ssh came from " + client + ": if that is the controller's host, start with --bind " +
         client + "; if a firewall is between, with --tunnel";
}

/// What the launcher sends when there is a controller.
wire::ConnectionFile receive_node_file() {
  const auto text = read_counted(STDIN_FILENO, file_bytes_max);
  if (!text) throw LauncherEnded("the launcher has ended");
  return wire::parse_connection_file(*text, "from the launcher");
}

/// A job that the system spreads over hosts knows how much of it is here.
std::uint32_t engines_of(const JoinOptions& options) {
  const BatchSystem* system = find_batch_system(options.batch);
  return static_cast<std::uint32_t>(system != nullptr && system->spreads ? slurm_tasks_here()
                                                                         : options.slots);
}

/// "job 12_3", as its batch system calls the one that this process is in; else "the node".
std::string job_here() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string array = variable("SLURM_ARRAY_JOB_ID"); !array.empty())
    return "job " + array + "_" + variable("SLURM_ARRAY_TASK_ID");
  if (const std::string job = variable("SLURM_JOB_ID"); !job.empty()) return "job " + job;
  const std::string job = variable("JOB_ID");
  const std::string task = variable("SGE_TASK_ID");
  if (job.empty() || task.empty()) return "the node";
  return "job " + job + (task == "undefined" ? "" : "." + task);
}

class JoinedNode {
 public:
  JoinedNode(const JoinOptions& options, wire::ConnectionFile file)
      : options_(options),
        file_(std::move(file)),
        name_{file_.profile, file_.cluster_id},
        way_(wire::way_to(file_)),
        slots_(engines_of(options)),
        resources_(wire::Resources::listed(options.resources)),
        image_cache_bytes_(static_cast<std::uint64_t>(options.image_cache_mib) << 20),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        look_(io_),
        mark_(options.mark) {}

  int run() {
    if (held()) watch_launcher();
    // By these a batch system says that the job's time is soon over.
    signals_.add(SIGUSR1);
    signals_.add(SIGUSR2);
    ImageFile stock = ImageFile::of_this_program();
    if (!may_enter()) {
      remove_tunnel();
      return code_;
    }
    wait_for_signal();
    node_.emplace(io_, context_, config(), std::move(stock));
    look_again();
    io_.run();
    node_.reset();
    remove_tunnel();
    if (relay_) {
      relay_->pass_on_rest();
      std::error_code ignored;
      std::filesystem::remove_all(logs_, ignored);
    }
    return code_;
  }

 private:
  bool held() const { return !mark_.empty(); }

  void wait_for_signal() {
    signals_.async_wait([this](const asio::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGUSR1 || signal == SIGUSR2) {
        drains_ = true;
        node_->drain(
            job_here() + " ends soon (" + (signal == SIGUSR1 ? "SIGUSR1" : "SIGUSR2") + ")",
            std::chrono::seconds(options_.drain_time_s));
        wait_for_signal();
      } else {
        end(exit_ok, "signal " + std::to_string(signal));
      }
    });
  }

  /// Before the first word, so that a key that isn't known is an error and not a silence.
  bool may_enter() {
    if (way_.local) return true;
    const KnockAnswer answer =
        wire::Knock(context_, way_.control_endpoint, way_.keys).wait(first_answer_bound);
    if (answer == KnockAnswer::let_in) return true;
    code_ = answer == KnockAnswer::nobody ? exit_no_cluster : exit_failed;
    if ((held() || options_.in_job()) && answer == KnockAnswer::nobody) {
      say_problem("no controller answers it at " + way_.control_endpoint + "; " + better_address());
    } else {
      say_problem(wire::describe(answer, way_.control_endpoint));
    }
    return false;
  }

  NodeConfig config() {
    NodeConfig config;
    config.cluster = file_.uuid;
    config.host = wire::host_name();
    config.slots = slots_;
    config.resources = resources_;
    config.memory_limit = static_cast<std::uint64_t>(options_.memory_limit_mib) << 20;
    config.image_cache_bytes = image_cache_bytes_;
    config.engine_endpoint = way_.engine_endpoint;
    config.control_endpoint = way_.control_endpoint;
    config.keys = way_.keys;
    config.engine_keys = way_.engine_keys;
    logs_ = held() ? make_passing_logs() : make_logs(options_, name_, config.host);
    if (held()) relay_.emplace(io_, logs_, STDERR_FILENO);
    config.logs = logs_;
    // One that a launcher has started is that one's to end, and its end would be news to that.
    config.leaves_when_emptied = !held() && !options_.in_job();
    config.owns_process = true;
    config.in_job = options_.in_job() || in_slurm_job();
    config.log = log_line;
    config.on_welcome = [this] { welcomed(); };
    config.on_leave = [this](const std::string& reason) {
      // By itself it has said so before.
      if (!ended_ && !reason.empty()) say_problem("the controller ended it: " + reason);
      if (!ended_ && !drains_ && reason.empty()) say_problem("a client has shut its engines down");
      io_.stop();
    };
    return config;
  }

  /// sshd leaves its ends of a tunnel behind.
  void remove_tunnel() const {
    constexpr std::string_view ipc = "ipc://";
    if (!held() || way_.local) return;
    for (const std::string& endpoint : {way_.engine_endpoint, way_.control_endpoint}) {
      if (endpoint.starts_with(ipc)) ::unlink(endpoint.substr(ipc.size()).c_str());
    }
  }

  /// Whatever it still says, only its end matters.
  void watch_launcher() {
    launcher_.emplace(io_, STDIN_FILENO, [this] {
      std::array<char, 256> ignored;
      const ssize_t got = ::read(STDIN_FILENO, ignored.data(), ignored.size());
      if (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN))) return;
      launcher_.reset();
      if (!ended_) end(exit_ok, "the launcher has let go");
    });
  }

  void welcomed() {
    if (held()) {
      fmt::print("{} joined {}\n", mark_, slots_);
      std::fflush(stdout);
      return;
    }
    fmt::print("{} engine{} joined {} on {} over {}\n  to leave        Ctrl-C\n", slots_,
               slots_ == 1 ? "" : "s", describe(name_), file_.host, way_.control_endpoint);
    std::fflush(stdout);
  }

  /// The controller may come back. One that refuses the key has another cluster.
  void look_again() {
    look_.expires_after(controller_interval);
    look_.async_wait([this](const asio::error_code& error) {
      if (error || ended_) return;
      look();
      if (!ended_) look_again();
    });
  }

  void look() {
    if (way_.local || node_->connected()) {
      knock_.reset();
      return;
    }
    if (!knock_) {
      spdlog::warn("no answer from the controller; trying on");
      knock_ = std::make_unique<wire::Knock>(context_, way_.control_endpoint, way_.keys);
    }
    const KnockAnswer answer = knock_->wait(knock_bound);
    if (answer == KnockAnswer::let_in) knock_.reset();
    if (answer != KnockAnswer::key_refused && answer != KnockAnswer::other_keys) return;
    say_problem(wire::describe(answer, way_.control_endpoint));
    end(exit_failed, "key refused");
  }

  void end(int code, const std::string& reason) {
    spdlog::info("ending: {}", reason);
    ended_ = true;
    code_ = code;
    node_->leave();
    look_.expires_after(farewell_time);
    look_.async_wait([this](const asio::error_code&) { io_.stop(); });
  }

  void say_problem(const std::string& text) const { muster::launcher::say_problem(mark_, text); }

  const JoinOptions options_;
  const wire::ConnectionFile file_;
  const wire::ClusterName name_;
  const wire::Way way_;
  const std::uint32_t slots_;
  const wire::Resources resources_;
  const std::uint64_t image_cache_bytes_;
  asio::io_context io_;
  asio::signal_set signals_;
  asio::steady_timer look_;
  const std::string mark_;
  std::optional<DescriptorWatch> launcher_;
  zmq::context_t context_;
  std::unique_ptr<wire::Knock> knock_;
  std::optional<Node> node_;
  std::filesystem::path logs_;
  std::optional<LogRelay> relay_;
  bool ended_ = false;
  bool drains_ = false;
  int code_ = exit_ok;
};

}  // namespace

int join_cluster(const JoinOptions& options) {
  LogOptions log = options.log;
  // On a terminal only what its reader has to act on.
  if (log.file.empty() && log.level.empty() && options.mark.empty() && !options.in_job()) {
    log.level = "warning";
  }
  start_log("node", log);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  become_subreaper();
  const wire::Descriptor bundle = options.mark.empty() ? wire::Descriptor() : use_own_bundle();
  int code = exit_failed;
  try {
    if (options.in_job()) wait_for_file(options.file);
    code = JoinedNode(options,
                      options.mark.empty() ? read_node_file(options.file) : receive_node_file())
               .run();
  } catch (const LauncherEnded& error) {
    spdlog::info("{}", error.what());
    code = exit_ok;
  } catch (const ClusterEnded& error) {
    say_problem("", error.what());
    code = exit_ok;
  } catch (const wire::ConnectionFileError& error) {
    say_problem(options.mark, error.what());
    code = error.kind() == wire::ConnectionFileError::Kind::missing ? exit_no_cluster : exit_failed;
  } catch (const std::exception& error) {
    say_problem(options.mark, error.what());
  }
  // The engines are gone; what they started and left behind came to us, their sub-reaper.
  if (!end_descendants(descendants_bound)) spdlog::error("some processes could not be killed");
  return code;
}

}  // namespace muster::launcher
