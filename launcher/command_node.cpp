// muster node --connect FILE: joins a cluster of another host. Without, and internal, it is the
// node's process of `muster start`: it begins when its launcher says "connect", and ends, with
// everything below it, when its tether is cut, when the controller says so, or when it is told to
// by a signal.

#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <zmq.hpp>

#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/file_limit.hpp"
#include "launcher/image_cache_option.hpp"
#include "launcher/image_file.hpp"
#include "launcher/limits.hpp"
#include "launcher/memory_limit_option.hpp"
#include "launcher/node.hpp"
#include "launcher/node_join.hpp"
#include "launcher/option.hpp"
#include "launcher/process_log.hpp"
#include "launcher/resources_option.hpp"
#include "launcher/tether.hpp"
#include "launcher/usable_cpus.hpp"
#include "protocol/host_name.hpp"

namespace muster::launcher {
namespace {

struct NodeOptions {
  JoinOptions join;  // the rest is for the internal form
  wire::ClusterName name;
  std::string uuid;
  std::uint32_t slots = 0;
  std::string engine_endpoint;
  std::string control_endpoint;
  int tether = -1;
  int lock = -1;
  LogOptions log;
};

NodeConfig config_of(const NodeOptions& options) {
  const auto uuid = wire::Uuid::parse(options.uuid);
  if (!uuid) throw std::invalid_argument("--uuid " + options.uuid + " is no uuid");
  NodeConfig config;
  config.cluster = *uuid;
  config.host = wire::host_name();
  config.slots = options.slots;
  config.resources = wire::Resources::listed(options.join.resources);
  config.memory_limit = static_cast<std::uint64_t>(options.join.memory_limit_mib) << 20;
  config.image_cache_bytes = static_cast<std::uint64_t>(options.join.image_cache_mib) << 20;
  config.engine_endpoint = options.engine_endpoint;
  config.control_endpoint = options.control_endpoint;
  config.logs = wire::ClusterDirectory(options.name).logs();
  config.owns_process = true;
  config.log = log_line;
  return config;
}

void supervise(const NodeOptions& options, wire::Descriptor tether, const wire::Descriptor& words) {
  become_subreaper();
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](const asio::error_code& error, int signal) {
    if (error) return;
    spdlog::info("signal {}: ending", signal);
    io.stop();
  });
  NodeConfig config = config_of(options);
  config.on_leave = [&io, &words](const std::string& reason) {
    say_word(words, "failed the controller sent it away: " + reason);
    io.stop();
  };
  ImageFile stock = ImageFile::of_this_program();  // read while the controller gets ready
  zmq::context_t context;
  std::optional<Node> node;
  const Tether launcher(
      io, std::move(tether),
      [&](const std::string& word) {
        if (word == "connect") node.emplace(io, context, std::move(config), std::move(stock));
      },
      [&io, &options] {
        spdlog::info("the launcher has let go: ending");
        // Launcher and controller may both have been killed. We hold the lock: the file is ours.
        const wire::ClusterDirectory directory(options.name);
        directory.forget_cluster();
        io.stop();
      });
  io.run();
}

int run_node(const NodeOptions& options) {
  wire::Descriptor tether(options.tether);
  const wire::Descriptor lock(options.lock);  // held for life
  ::fcntl(tether.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(lock.get(), F_SETFD, FD_CLOEXEC);
  const wire::Descriptor words(::fcntl(tether.get(), F_DUPFD_CLOEXEC, 3));
  start_log("node", options.log);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  int code = exit_ok;
  try {
    supervise(options, std::move(tether), words);
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    say_word(words, std::string("failed ") + error.what());
    code = exit_failed;
  }
  // The engines are gone; what they started and left behind came to us, their sub-reaper.
  if (!end_descendants(descendants_bound)) spdlog::error("some processes could not be killed");
  return code;
}

/// By which `muster start` tells its node what to do.
void add_internal_options(CLI::App& command, NodeOptions& options) {
  add_cluster_options(command, options.name);
  command.add_option("--uuid", options.uuid);
  command.add_option("--slots", options.slots);
  command.add_option("--engine-endpoint", options.engine_endpoint);
  command.add_option("--control-endpoint", options.control_endpoint);
  command.add_option("--tether", options.tether);
  command.add_option("--lock", options.lock);
  for (const char* name : {"--profile", "--cluster-id", "--uuid", "--slots", "--engine-endpoint",
                           "--control-endpoint", "--tether", "--lock"}) {
    command.get_option(name)->group("");
  }
}

}  // namespace

void add_node(CLI::App& app, Run& run) {
  const auto options = std::make_shared<NodeOptions>();
  CLI::App* command =
      app.add_subcommand("node", "Add engines on this host to a cluster that another host runs");
  command
      ->add_option("--connect", options->join.file,
                   "The file connection-node.json of a cluster that was started with --bind")
      ->type_name("FILE")
      ->configurable(false);
  options->join.slots = usable_cpus();
  restrict_to_numbers(
      *command->add_option("-n,--engines,--n", options->join.slots,
                           "How many engines; one for each CPU that may be used unless given"),
      1, engines_max);
  add_resources_option(*command, options->join.resources);
  add_memory_limit_option(*command, options->join.memory_limit_mib);
  add_image_cache_option(*command, options->join.image_cache_mib);
  restrict_to_numbers(
      *command
           ->add_option("--drain-time", options->join.drain_time_s,
                        "After SIGUSR1 or SIGUSR2 it takes no new tasks, and leaves when none runs "
                        "any more, or after so many seconds")
           ->capture_default_str(),
      0, drain_time_max_s);
  add_log_options(*command, options->log);
  command->footer(
      "In the foreground; Ctrl-C ends it with its engines, whose tasks then run elsewhere. It "
      "ends\n"
      "by itself with the cluster.");
  add_internal_options(*command, *options);
  command->add_option("--held", options->join.mark)->group("");
  command->add_option("--batch", options->join.batch)->group("");
  command->callback([options, &run] {
    if (options->tether >= 0) {
      run = [options] { return run_node(*options); };
    } else if (options->join.file.empty() && options->join.mark.empty()) {
      throw CLI::RequiredError("--connect");
    } else {
      options->join.log = options->log;
      run = [options] { return join_cluster(options->join); };
    }
  });
}

}  // namespace muster::launcher
