// muster controller: a cluster without engines. Internal, with --tether, it is the controller's
// process of any cluster. Its launcher holds its tether, has given it the cluster's lock, and hears
// from it "bound" (nodes may connect), "ready" (clients may), "engines COUNT", "news LINE", "stop"
// (a client wishes it) and "failed REASON".

#include <csignal>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <zmq.hpp>

#include "controller/server.hpp"
#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/command_start.hpp"
#include "launcher/commands.hpp"
#include "launcher/commons_journal.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/file_limit.hpp"
#include "launcher/fleet_file.hpp"
#include "launcher/history_database.hpp"
#include "launcher/process_log.hpp"
#include "launcher/runtime_directory.hpp"
#include "launcher/tether.hpp"
#include "protocol/freed_memory.hpp"
#include "protocol/host_name.hpp"

namespace muster::launcher {
namespace {

// Server::stop takes half a second at most; this is for the case that it doesn't keep its word.
constexpr std::chrono::seconds stop_bound{2};
constexpr std::chrono::seconds memory_interval{5};

struct ControllerOptions {
  StartOptions start;
  std::string uuid;
  std::string runtime;
  std::uint32_t engines = 0;
  std::string bind;
  std::vector<std::uint16_t> ports;
  int tether = -1;
  int lock = -1;
};

class ControllerProcess {
 public:
  ControllerProcess(const ControllerOptions& options, wire::Descriptor tether)
      : directory_(options.start.name),
        runtime_(options.runtime),
        signals_(io_, SIGTERM, SIGINT),
        bound_(io_),
        memory_timer_(io_),
        database_(database(options)),
        server_(io_, context_, config(options)),
        tether_(
            io_, std::move(tether), [this](const std::string& word) { said(word); },
            [this] { launcher_ended(); }) {
    look_at_memory_later();
    signals_.async_wait([this](const asio::error_code& error, int signal) {
      if (!error) stop("the controller got signal " + std::to_string(signal));
    });
  }

  void run() {
    const wire::NetworkEndpoints network = server_.network_endpoints();
    tether_.say(network.control.empty()
                    ? "bound"
                    : "bound " + network.client + " " + network.engine + " " + network.control);
    // The disk is waited for while the engines start: no client knows the cluster before "ready",
    // so nothing is dispatched under a number that could be given twice.
    const std::jthread disk([this] {
      std::exception_ptr error;
      try {
        if (epoch_ == 1) directory_.keep_epoch(cluster_, epoch_);
      } catch (...) {
        error = std::current_exception();
      }
      asio::post(io_, [this, error] {
        if (error) std::rethrow_exception(error);
        tether_.say("ready");
      });
    });
    io_.run();
  }

 private:
  std::optional<HistoryDatabase> database(const ControllerOptions& options) {
    if (options.start.database.empty()) return std::nullopt;
    HistoryDatabaseConfig config;
    config.path = options.start.database;
    config.bytes_max = static_cast<std::uint64_t>(options.start.database_mib) << 20;
    config.on_trouble = [this](const std::string& text) {
      spdlog::warn("{}", text);
      if (!launcher_ended_) tether_.say("news " + text);
    };
    // When it is started again the tasks that run are worth more than what is told of them.
    const bool again = std::filesystem::exists(directory_.connection_file());
    try {
      return std::make_optional<HistoryDatabase>(io_, std::move(config));
    } catch (const std::runtime_error& error) {
      if (!again) throw;
      spdlog::warn("{}; the cluster goes on without it", error.what());
      return std::nullopt;
    }
  }

  controller::ServerConfig config(const ControllerOptions& options) {
    const auto uuid = wire::Uuid::parse(options.uuid);
    if (!uuid) throw std::invalid_argument("--uuid " + options.uuid + " is no uuid");
    // Rule 6: without the lock it doesn't bind.
    if (!ClusterLock::is_held(directory_.lock_file())) {
      throw std::runtime_error("the lock of " + directory_.path().string() +
                               " is not held; start clusters with: muster start");
    }
    controller::ServerConfig config;
    cluster_ = config.cluster = *uuid;
    epoch_ = config.epoch = directory_.next_epoch(*uuid);
    if (epoch_ > 1) {
      // Clients know the cluster, and come as soon as it is bound.
      directory_.keep_epoch(cluster_, epoch_);
      config.known = read_fleet(directory_, cluster_);
    }
    open_journal(config);
    config.keep_commons = [this](const std::vector<detail::Buffer>& events,
                                 const std::function<detail::Buffer()>& state) {
      keep_commons(events, state);
    };
    config.remember = [this](const controller::KnownFleet& fleet) { remember(fleet); };
    config.client_endpoint = client_endpoint(runtime_);
    config.engine_endpoint = engine_endpoint(runtime_);
    config.control_endpoint = control_endpoint(runtime_);
    if (!options.bind.empty()) {
      config.network = {options.bind, options.ports, wire::read_key_ring(directory_.key_file())};
    }
    config.host = wire::host_name();
    config.scheme = options.start.scheme == "roundrobin" ? controller::Scheme::roundrobin
                                                         : controller::Scheme::leastload;
    config.hwm = static_cast<std::uint32_t>(options.start.hwm);
    config.memory = static_cast<std::uint64_t>(options.start.memory_mib) << 20;
    config.history = static_cast<std::size_t>(options.start.history);
    config.image_cache_bytes = static_cast<std::uint64_t>(options.start.image_cache_mib) << 20;
    config.engines_awaited = options.engines;
    config.on_engines = [this](std::uint32_t count) {
      tether_.say("engines " + std::to_string(count));
    };
    config.on_news = [this](const std::string& text) {
      if (!launcher_ended_) tether_.say("news " + text);
    };
    if (database_) {
      config.keep_history = [this](controller::HistoryNews&& news) {
        database_->keep(std::move(news));
      };
      config.ask_history = [this](controller::HistoryAsk&& ask, auto done) {
        database_->ask(std::move(ask), std::move(done));
      };
    }
    config.on_end_wished = [this] { tether_.say("stop"); };
    config.log = log_line;
    return config;
  }

  void open_journal(controller::ServerConfig& config) {
    const std::filesystem::path file = directory_.path() / commons_journal_name;
    try {
      if (epoch_ > 1) {
        journal_.emplace(file, cluster_, config.commons);
      } else {
        journal_.emplace(file, cluster_);
      }
    } catch (const std::exception& error) {
      // Who had a lock isn't known, so it can be given to nobody.
      spdlog::error("{}", error.what());
      config.commons_fault =
          std::string("the cluster has no locks, counters and queues, because ") + error.what() +
          ": start it again";
    }
  }

  /// Without it a successor wouldn't know who has which lock, so it must not find an old one.
  void keep_commons(const std::vector<detail::Buffer>& events,
                    const std::function<detail::Buffer()>& state) {
    if (!journal_) return;
    try {
      journal_->keep(events, state);
    } catch (const std::exception& error) {
      journal_.reset();
      std::error_code ignored;
      std::filesystem::remove(directory_.path() / commons_journal_name, ignored);
      spdlog::error(
          "{}; the cluster goes on, but if its controller is killed its locks, counters and "
          "queues are lost",
          error.what());
      if (!launcher_ended_) tether_.say("news " + std::string(error.what()));
    }
  }

  /// Without it a successor would wait longer than it has to, and no worse.
  void remember(const controller::KnownFleet& fleet) {
    try {
      write_fleet(directory_, cluster_, fleet);
    } catch (const std::exception& error) {
      spdlog::warn("{}", error.what());
    }
  }

  void said(const std::string& word) {
    if (word.starts_with("stop ")) stop(word.substr(5));
  }

  /// It can't clean up any more. The lock is still ours, so no later cluster's file is meant.
  void launcher_ended() {
    launcher_ended_ = true;
    stop("the launcher of the cluster has ended");
  }

  void stop(const std::string& reason) {
    if (launcher_ended_) {
      directory_.forget_cluster();
      remove_runtime_directory(runtime_);
    }
    if (stopping_) return;
    stopping_ = true;
    spdlog::info("stopping: {}", reason);
    bound_.expires_after(stop_bound);
    bound_.async_wait([this](const asio::error_code& error) {
      if (!error) io_.stop();
    });
    server_.stop(reason, [this] { io_.stop(); });
  }

  void look_at_memory_later() {
    memory_timer_.expires_after(memory_interval);
    memory_timer_.async_wait([this](const asio::error_code& error) {
      if (error) return;
      wire::give_freed_memory_back();
      look_at_memory_later();
    });
  }

  wire::ClusterDirectory directory_;
  std::filesystem::path runtime_;
  wire::Uuid cluster_;
  std::uint32_t epoch_ = 0;
  asio::io_context io_;
  asio::signal_set signals_;
  asio::steady_timer bound_;
  asio::steady_timer memory_timer_;
  bool stopping_ = false;
  bool launcher_ended_ = false;
  zmq::context_t context_;
  std::optional<CommonsJournal> journal_;
  std::optional<HistoryDatabase> database_;  // before the server, which gives it what has ended
  controller::Server server_;
  Tether tether_;
};

int control(const ControllerOptions& options) {
  wire::Descriptor tether(options.tether);
  const wire::Descriptor lock(options.lock);  // held for life
  ::fcntl(tether.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(lock.get(), F_SETFD, FD_CLOEXEC);
  const wire::Descriptor words(::fcntl(tether.get(), F_DUPFD_CLOEXEC, 3));
  start_log("controller", options.start.log);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  wire::keep_freed_memory();
  try {
    ControllerProcess(options, std::move(tether)).run();
    return exit_ok;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    say_word(words, std::string("failed ") + error.what());
    return exit_failed;
  }
}

}  // namespace

void add_controller(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ControllerOptions>();
  CLI::App* command =
      app.add_subcommand("controller", "Start a cluster without engines, in the foreground");
  add_cluster_options(*command, options->start.name);
  add_scheduling_options(*command, options->start);
  add_log_options(*command, options->start.log);
  add_network_options(*command, options->start);
  command
      ->add_flag("--resume", options->start.resume,
                 "Go on with the cluster of this name that was killed, where it listened")
      ->configurable(false)
      ->excludes(command->get_option("--bind"));
  command->footer(
      "Engines are added with muster engines. Ctrl-C ends the cluster, with all that was added.\n"
      "When it was killed with kill -9, or its host went down, programs wait for it a minute, and\n"
      "nodes with what they run ten; muster controller --resume is there again for both.");
  // By these a launcher starts the controller's process itself.
  command->add_option("--uuid", options->uuid)->group("");
  command->add_option("--runtime", options->runtime)->group("");
  command->add_option("--engines", options->engines)->group("");
  command->add_option("--listen", options->bind)->group("");
  command->add_option("--ports", options->ports)->delimiter(',')->group("");
  command->add_option("--tether", options->tether)->group("");
  command->add_option("--lock", options->lock)->group("");
  command->callback([options, &run] {
    run = [options] { return options->tether < 0 ? start(options->start) : control(*options); };
  });
}

}  // namespace muster::launcher
