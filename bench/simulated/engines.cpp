// Many engines of one cluster in one process, over sockets of their own: what a controller costs
// that has thousands of connections, on a machine that can't have thousands of processes.
//   simulated_engines ENGINES PROGRAM
// PROGRAM is the client that will come: all engines are of its image from the beginning, and answer
// each of its tasks at once with nothing. The cluster is found as any program finds it. Prints a
// line when all are connected, and ends when the controller sends it away.

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/simulated/node.hpp"
#include "launcher/file_limit.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/host_name.hpp"

namespace muster::bench {
namespace {

/// For what has no signal: heartbeats, and connections that aren't made yet.
constexpr std::chrono::milliseconds look_interval{50};
constexpr std::chrono::milliseconds first_look_interval{5};

wire::ClusterName cluster_name() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "default");
  };
  return {variable("MUSTER_PROFILE"), variable("MUSTER_CLUSTER_ID")};
}

class Loop {
 public:
  Loop(std::uint32_t engines, const std::string& program)
      : engines_(engines), poller_(::epoll_create1(EPOLL_CLOEXEC)) {
    context_.set(zmq::ctxopt::max_sockets, static_cast<int>(4 * engines + 64));
    const wire::ConnectionFile cluster =
        wire::read_connection_file(wire::ClusterDirectory(cluster_name()).connection_file());
    // The engines' endpoint lies beside the one that clients are told of.
    const std::string& control = cluster.control_endpoint;
    const SimulatedEngine::Endpoints endpoints{control.substr(0, control.rfind('/') + 1) + "engine",
                                               control};

    launcher::NodeSession::Config config;
    config.cluster = cluster.uuid;
    config.host = wire::host_name();
    config.program = program;
    config.pid = ::getpid();
    config.slots = engines;
    config.lease = std::chrono::seconds(5);  // nobody comes back to a benchmark
    const wire::Descriptor file(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) throw std::system_error(errno, std::generic_category(), program);
    config.stock_image = wire::Digest::of_file(file.get());
    node_ = std::make_unique<SimulatedNode>(context_, endpoints, config, [this](auto& engine) {
      watch(engine.task_descriptor(), &engine);
      watch(engine.control_descriptor(), &engine);
    });
    watch(node_->descriptor(), nullptr);
  }

  void run() {
    using Clock = std::chrono::steady_clock;
    std::array<epoll_event, 256> events;
    Instant next_look{};
    while (!node_->left()) {
      const Instant now = Clock::now();
      if (now >= next_look) {
        node_->look(now);
        if (!ready_) say_when_ready();
        next_look = now + (ready_ ? look_interval : first_look_interval);
      }
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(next_look - Clock::now()).count();
      const int count = ::epoll_wait(poller_.get(), events.data(), events.size(),
                                     left > 0 ? static_cast<int>(left) : 0);
      const Instant time = Clock::now();
      for (int i = 0; i < count; ++i) {
        auto* engine = static_cast<SimulatedEngine*>(events[i].data.ptr);
        if (engine == nullptr) {
          // It may end engines, of which there may be events further on.
          next_look = time;
        } else {
          engine->serve(time);
        }
      }
    }
  }

 private:
  void watch(int descriptor, SimulatedEngine* engine) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = engine;
    if (::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }

  void say_when_ready() {
    if (node_->open_engines() < engines_) return;
    ready_ = true;
    std::printf("{\"engines\": %u}\n", engines_);
    std::fflush(stdout);
  }

  const std::uint32_t engines_;
  zmq::context_t context_;
  wire::Descriptor poller_;
  std::unique_ptr<SimulatedNode> node_;
  bool ready_ = false;
};

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "simulated_engines ENGINES PROGRAM\n");
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  muster::launcher::raise_file_limit();
  muster::bench::Loop(static_cast<std::uint32_t>(std::atol(argv[1])), argv[2]).run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "simulated_engines: %s\n", error.what());
  return 1;
}
