// The embedded cluster: a controller and a node on one thread of the user's process.

#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <unistd.h>
#include <zmq.hpp>

#include <muster/cluster.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "controller/server.hpp"
#include "launcher/image_file.hpp"
#include "launcher/node.hpp"
#include "launcher/runtime_directory.hpp"
#include "launcher/thread_node.hpp"
#include "launcher/usable_cpus.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/engine_mark.hpp"
#include "protocol/host_name.hpp"
#include "protocol/own_engine.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_wait = 10s;

/// The client and the controller share memory, so what they say needn't leave the process, nor wake
/// the threads that ZeroMQ has for that.
constexpr const char* client_endpoint = "inproc://client";
constexpr const char* control_endpoint = "inproc://control";

ClusterOptions checked(ClusterOptions options) {
  if (options.engines < 0) throw ClusterError("ClusterOptions::engines can't be negative");
  if (options.hwm < 0) throw ClusterError("ClusterOptions::hwm can't be negative");
  if (options.engines_as == threads && !options.cpu_ids.empty()) {
    throw ClusterError(
        "ClusterOptions::cpu_ids is for engines that are processes: threads run where their "
        "program may");
  }
  if (options.engines_as == threads && options.memory_limit != 0) {
    throw ClusterError(
        "ClusterOptions::memory_limit is for engines that are processes: threads have no memory of "
        "their own");
  }
  try {
    wire::Resources(options.resources);
  } catch (const std::invalid_argument& error) {
    throw ClusterError(std::string("ClusterOptions::resources: ") + error.what());
  }
  const CpuIds usable(launcher::usable_cpu_ids());
  for (const CpuIds& cpus : options.cpu_ids) {
    if (cpus.ids().empty()) throw ClusterError("ClusterOptions::cpu_ids has an entry without CPUs");
    for (const int cpu : cpus.ids()) {
      if (std::ranges::find(usable.ids(), cpu) != usable.ids().end()) continue;
      throw ClusterError("ClusterOptions::cpu_ids names CPU " + std::to_string(cpu) +
                         ", which this process can't use: it may use " + usable.text());
    }
  }
  if (options.engines == 0) options.engines = launcher::usable_cpus();
  return options;
}

}  // namespace

class Cluster::State {
 public:
  explicit State(const ClusterOptions& options) : options_(checked(options)) {
    description_.uuid = wire::Uuid::random();
    description_.cluster_id = "embedded";
    description_.client_endpoint = client_endpoint;
    description_.engine_endpoint = launcher::engine_endpoint(runtime_.path());
    description_.control_endpoint = control_endpoint;
    description_.host = wire::host_name();
    description_.controller_pid = ::getpid();
    std::promise<void> serving;
    std::future<void> served = serving.get_future();
    thread_ = std::thread([this, &serving] { serve(serving); });
    try {
      served.get();
      connection_ = detail::connect_to(description_, context_);
      wire::ConnectionFile for_others = description_;
      for_others.profile = for_others.cluster_id;
      for_others.launcher_pid = ::getpid();
      for_others.client_endpoint = launcher::client_endpoint(runtime_.path());
      for_others.control_endpoint = launcher::control_endpoint(runtime_.path());
      connection_->set_way_for_others(std::move(for_others));
      connection_->expect_engines(static_cast<std::size_t>(options_.engines));
      connection_->wait_until_open(std::chrono::steady_clock::now() + answer_wait);
    } catch (...) {
      stop();
      throw;
    }
  }

  /// In the child after a fork the thread doesn't exist and the processes aren't ours.
  bool is_ours() const { return ::getpid() == owner_; }

  void stop() {
    if (connection_) connection_->abandon("the Cluster object has been destroyed");
    asio::post(io_, [this] {
      if (server_) {
        server_->stop("the program has ended its cluster", [this] { io_.stop(); });
      } else {
        io_.stop();
      }
    });
    thread_.join();
    // A callback or a coroutine may hold a view, and so may be what keeps the connection.
    if (connection_) connection_->end_callbacks();
  }

  const std::shared_ptr<detail::Connection>& connection() const { return connection_; }

 private:
  /// The loop's thread makes and destroys all that lives on it: the kernel ends the engines when
  /// this thread ends, however that comes about.
  void serve(std::promise<void>& serving) {
    const auto work = asio::make_work_guard(io_);
    std::optional<launcher::Node> node;
    std::optional<launcher::ThreadNode> thread_node;
    try {
      server_.emplace(io_, *context_, server_config());
      launcher::ImageFile program = launcher::ImageFile::of_this_program();
      if (options_.engines_as == threads) {
        thread_node.emplace(io_, *context_, thread_node_config(), std::move(program));
      } else {
        node.emplace(io_, *context_, node_config(), std::move(program));
      }
      serving.set_value();
    } catch (...) {
      serving.set_exception(std::current_exception());
    }
    io_.run();
    thread_node.reset();
    node.reset();
    server_.reset();
  }

  controller::ServerConfig server_config() {
    controller::ServerConfig config;
    config.cluster = description_.uuid;
    config.client_endpoint = launcher::client_endpoint(runtime_.path());
    config.inner_client_endpoint = description_.client_endpoint;
    config.engine_endpoint = description_.engine_endpoint;
    config.control_endpoint = launcher::control_endpoint(runtime_.path());
    config.inner_control_endpoint = description_.control_endpoint;
    config.host = description_.host;
    config.hwm = static_cast<std::uint32_t>(options_.hwm);
    config.log = [](std::string_view) {};
    // Not from inside of the server's pass.
    config.on_end_wished = [this] {
      asio::post(
          io_, [this] { server_->stop("a client has ended the cluster", [this] { io_.stop(); }); });
    };
    return config;
  }

  launcher::ThreadNodeConfig thread_node_config() const {
    launcher::ThreadNodeConfig config;
    config.cluster = description_.uuid;
    config.host = description_.host;
    config.slots = static_cast<std::uint32_t>(options_.engines);
    config.resources = wire::Resources(options_.resources);
    config.engine_endpoint = description_.engine_endpoint;
    config.control_endpoint = launcher::control_endpoint(runtime_.path());
    return config;
  }

  launcher::NodeConfig node_config() const {
    launcher::NodeConfig config;
    config.cluster = description_.uuid;
    config.host = description_.host;
    config.slots = static_cast<std::uint32_t>(options_.engines);
    config.resources = wire::Resources(options_.resources);
    config.memory_limit = options_.memory_limit;
    for (const CpuIds& cpus : options_.cpu_ids)
      config.cpus.push_back(cpus.ids());
    config.engine_endpoint = description_.engine_endpoint;
    config.control_endpoint = launcher::control_endpoint(runtime_.path());
    config.log = [](std::string_view) {};
    return config;
  }

  const pid_t owner_ = ::getpid();
  ClusterOptions options_;
  launcher::RuntimeDirectory runtime_;
  const std::shared_ptr<zmq::context_t> context_ = std::make_shared<zmq::context_t>();
  wire::ConnectionFile description_;  // for the client; never written: nobody else may find us
  asio::io_context io_;
  std::optional<controller::Server> server_;
  std::shared_ptr<detail::Connection> connection_;
  std::thread thread_;
};

namespace {

/// This process will serve instead of calling main; in its tasks a cluster is one as elsewhere.
bool is_inert() {
  return detail::marked_as_engine() && detail::own_engine() == nullptr;
}

std::shared_ptr<detail::Connection> connection_of(const auto& state) {
  return state ? state->connection() : nullptr;
}

}  // namespace

Cluster::Cluster(const ClusterOptions& options)
    : state_(is_inert() ? nullptr : std::make_unique<State>(options)),
      client_(connection_of(state_)) {}

Cluster::~Cluster() {
  if (!state_) return;
  if (!state_->is_ours()) {
    state_.release();
    return;
  }
  state_->stop();
}

}  // namespace muster
