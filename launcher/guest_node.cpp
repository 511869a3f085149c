#include "launcher/guest_node.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <zmq.hpp>

#include "launcher/cluster_lock.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/file_limit.hpp"
#include "launcher/image_file.hpp"
#include "launcher/node.hpp"
#include "launcher/node_join.hpp"
#include "launcher/status_request.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/host_name.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;

constexpr auto ask_interval = 20ms;
// The kernel ends processes within milliseconds; one inside a system call may take longer.
constexpr auto leave_bound = 2s;
// The cluster's lock is looked at this often: it is free when all of it was killed.
constexpr auto cluster_interval = 500ms;

class Guest {
 public:
  explicit Guest(const GuestConfig& config)
      : config_(config),
        directory_({config.cluster.profile, config.cluster.cluster_id}),
        lock_(ClusterLock::share(directory_.guests_file())),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        bound_(io_),
        look_(io_) {
    lock_.note("engines", ::getpid());
  }

  GuestEnd run() {
    signals_.add(SIGUSR1);
    signals_.add(SIGUSR2);
    wait_for_signal();
    node_.emplace(io_, context_, node_config(), ImageFile::of_this_program());
    look();
    std::jthread asker([this](const std::stop_token& stop) { ask_until_ready(stop); });
    io_.run();
    asker.request_stop();
    node_.reset();
    return end_;
  }

 private:
  NodeConfig node_config() {
    NodeConfig config;
    config.cluster = config_.cluster.uuid;
    config.host = wire::host_name();
    config.slots = config_.engines;
    config.resources = config_.resources;
    config.memory_limit = config_.memory_limit;
    config.image_cache_bytes = config_.image_cache;
    // It lies beside the one that clients are told of.
    const std::string& control = config_.cluster.control_endpoint;
    config.engine_endpoint = control.substr(0, control.rfind('/') + 1) + "engine";
    config.control_endpoint = config_.cluster.control_endpoint;
    config.logs = directory_.logs();
    config.owns_process = true;
    config.log = log_line;
    config.leaves_when_emptied = true;
    config.on_leave = [this](const std::string& reason) {
      if (!reason.empty()) spdlog::info("the controller ended it: {}", reason);
      if (reason.empty() && !leaving_ && !drains_)
        end_.reason = "a client has shut its engines down";
      io_.stop();
    };
    return config;
  }

  void wait_for_signal() {
    signals_.async_wait([this](const asio::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGUSR1 || signal == SIGUSR2) {
        drains_ = true;
        node_->drain("muster engines ends soon (signal " + std::to_string(signal) + ")",
                     std::chrono::seconds(drain_time_usually_s));
        wait_for_signal();
        return;
      }
      spdlog::info("signal {}: leaving", signal);
      leave({.exit_code = ready_ ? int{exit_ok} : exit_signal + signal, .reason = {}});
      wait_for_signal();  // the second one doesn't wait
    });
  }

  void leave(GuestEnd end) {
    if (leaving_) {
      io_.stop();
      return;
    }
    leaving_ = true;
    end_ = std::move(end);
    node_->leave();
    bound_.expires_after(leave_bound);
    bound_.async_wait([this](const asio::error_code& error) {
      if (!error) io_.stop();
    });
  }

  /// The controller says GOODBYE when the cluster is stopped. Here it is seen that nobody is left
  /// to say it.
  void look() {
    look_.expires_after(cluster_interval);
    look_.async_wait([this](const asio::error_code& error) {
      if (error) return;
      if (!ClusterLock::is_held(directory_.lock_file())) {
        spdlog::info("the cluster has ended");
        io_.stop();
        return;
      }
      look();
    });
  }

  /// On a thread of its own: an answer is waited for.
  void ask_until_ready(const std::stop_token& stop) {
    const auto deadline = std::chrono::steady_clock::now() + config_.ready_bound;
    std::uint32_t count = 0;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < deadline) {
      try {
        count = ready_engines();
      } catch (const std::exception& error) {
        spdlog::warn("{}", error.what());
      }
      if (count >= config_.engines) {
        asio::post(io_, [this] {
          if (leaving_) return;
          ready_ = true;
          config_.on_ready();
        });
        return;
      }
      std::this_thread::sleep_for(ask_interval);
    }
    if (stop.stop_requested()) return;
    asio::post(io_, [this, count] {
      leave({exit_timeout, fmt::format("only {} of {} engines were ready after {} s; see the logs "
                                       "in {}, or give it more time with --timeout",
                                       count, config_.engines, config_.ready_bound.count(),
                                       directory_.logs().string())});
    });
  }

  std::uint32_t ready_engines() const {
    const auto status = nlohmann::json::parse(request_status(config_.cluster, answer_bound));
    std::uint32_t count = 0;
    for (const auto& engine : status.at("engines")) {
      if (engine.at("node") == ::getpid() && engine.at("state") == "ready") ++count;
    }
    return count;
  }

  const GuestConfig& config_;
  const wire::ClusterDirectory directory_;
  ClusterLock lock_;
  asio::io_context io_;
  asio::signal_set signals_;
  asio::steady_timer bound_;
  asio::steady_timer look_;
  zmq::context_t context_;
  std::optional<Node> node_;
  bool ready_ = false;
  bool leaving_ = false;
  bool drains_ = false;
  GuestEnd end_;
};

}  // namespace

GuestEnd run_guest(const GuestConfig& config) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  become_subreaper();
  // What engines start is found by it when everybody else is gone.
  ::setenv("MUSTER_CLUSTER", config.cluster.uuid.hex().c_str(), 1);
  GuestEnd end = Guest(config).run();
  if (!end_descendants(descendants_bound)) {
    end.reason += end.reason.empty() ? "" : "; ";
    end.reason += "some processes could not be killed: see ps";
    if (end.exit_code == exit_ok) end.exit_code = exit_failed;
  }
  return end;
}

}  // namespace muster::launcher
