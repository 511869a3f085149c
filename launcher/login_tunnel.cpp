#include "launcher/login_tunnel.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "launcher/cluster_choice.hpp"
#include "launcher/command_output.hpp"
#include "launcher/last_line.hpp"
#include "launcher/memory_file.hpp"
#include "launcher/node_line.hpp"
#include "launcher/pipe.hpp"
#include "launcher/program_search.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/identity.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds login_bound{60};

/// $1 MARK, $2 profile, $3 cluster id. "here": the controller is on that very host.
constexpr std::string_view look_script =
    R"sh(m=$1; f=${XDG_STATE_HOME:-$HOME/.local/state}/muster/$2/$3/connection.json; echo; )sh"
    R"sh(if [ -r "$f" ]; then )sh"
    R"sh(s=$(sed -n "s|.*\"control_endpoint\": *\"ipc://\([^\"]*\)\".*|\1|p" "$f" | head -n 1); )sh"
    R"sh([ -S "$s" ] && echo "$m here"; )sh"
    R"sh(echo "$m file"; cat "$f"; echo; echo "$m end"; else echo "$m none $f"; fi)sh";

/// Says that all ways are open, and stays until its stdin ends.
constexpr std::string_view hold_script = R"sh(echo; echo "$1 open"; exec cat >/dev/null)sh";

std::string line_of(std::string_view script, const std::string& arguments) {
  return fmt::format("exec sh -c '{}' sh {}", script, arguments);
}

/// "/tmp/…" of "ipc:///tmp/…", "10.0.0.1:4000" of "tcp://10.0.0.1:4000".
std::string place_of(const std::string& endpoint) {
  const std::size_t slashes = endpoint.find("://");
  return slashes == std::string::npos ? endpoint : endpoint.substr(slashes + 3);
}

}  // namespace

struct LoginTunnel::Found {
  wire::ConnectionFile file;
  bool here = false;  ///< its controller runs on the host that we log in to
};

LoginTunnel::LoginTunnel(HostCommand ssh, RemoteHost host, const wire::ClusterName& name)
    : command_(std::move(ssh)),
      host_(std::move(host)),
      mark_("muster-" + wire::Uuid::random().hex().substr(0, 12)),
      errors_(file_in_memory()) {
  open_way(look_for(name));
}

LoginTunnel::~LoginTunnel() {
  ssh_.reset();
}

std::filesystem::path LoginTunnel::file() const {
  return runtime_.path() / "connection.json";
}

std::string LoginTunnel::last_words() const {
  return wire::printable(last_line(output_in(std::nullopt, errors_, errors_).err));
}

LoginTunnel::Found LoginTunnel::look_for(const wire::ClusterName& name) const {
  const CommandOutput said = output_of(
      command_.command_line(
          host_, line_of(look_script, mark_ + " " + name.profile + " " + name.cluster_id)),
      login_bound);
  const std::string begin = "\n" + mark_ + " file\n";
  const std::string end = "\n" + mark_ + " end\n";
  const std::string none = "\n" + mark_ + " none ";
  if (const std::size_t at = said.out.find(none); at != std::string::npos) {
    const std::string path = last_line(said.out.substr(at + none.size()));
    throw NoSuchCluster(
        fmt::format("no running cluster on {}: there is no {} there; start one "
                    "there with: muster start{}",
                    host_.label, wire::printable(path), arguments_for(name)));
  }
  const std::size_t from = said.out.find(begin);
  const std::size_t to = said.out.find(end);
  if (from == std::string::npos || to == std::string::npos || to < from) {
    std::string words = wire::printable(last_line(said.err));
    if (words.empty() && said.exit) words = "the login there ended with " + said.exit->text();
    throw std::runtime_error(fmt::format("{}: {}", host_.label, words));
  }
  const std::string text = said.out.substr(from + begin.size(), to - from - begin.size());
  return {wire::parse_connection_file(text, "connection.json of " + host_.label),
          said.out.find("\n" + mark_ + " here\n") != std::string::npos};
}

void LoginTunnel::open_way(const Found& found) {
  wire::ConnectionFile file = found.file;
  if (!found.here && !file.network) {
    throw NoSuchCluster(fmt::format(
        "{} has the files of {}, whose controller doesn't run there (any more) and listens on no "
        "network; log in to {}, or start it with --bind ADDRESS",
        host_.label, describe(file), wire::printable(file.host)));
  }
  const std::string client = client_endpoint(runtime_.path());
  const std::string control = control_endpoint(runtime_.path());
  std::string& client_there = found.here ? file.client_endpoint : file.network->client_endpoint;
  std::string& control_there = found.here ? file.control_endpoint : file.network->control_endpoint;
  HostCommand command = command_;
  // A connection that is shared would keep the ways when we have gone.
  command.arguments.insert(
      command.arguments.end(),
      {"-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes", "-o", "ServerAliveInterval=15",
       "-L", place_of(client) + ":" + place_of(client_there), "-L",
       place_of(control) + ":" + place_of(control_there)});
  client_there = client;
  control_there = control;
  if (found.here) file.network.reset();

  Pipe to_host = make_pipe();
  Pipe from_host = make_pipe();
  ProcessPlan plan;
  plan.arguments = command.command_line(host_, line_of(hold_script, mark_));
  plan.path = find_program(plan.arguments.front());
  plan.input = to_host.read.get();
  plan.output = from_host.write.get();
  plan.errors = errors_.get();
  ssh_.emplace(Process::start(plan));
  input_ = std::move(to_host.write);
  from_host.write.reset();

  const Clock::time_point due = Clock::now() + login_bound;
  std::string said;
  while (said.find("\n" + mark_ + " open\n") == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    pollfd ready{from_host.read.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      throw std::runtime_error(fmt::format("{}: no way was open after {} s; {}", host_.label,
                                           login_bound.count(), last_words()));
    }
    char block[512];
    const ssize_t got = ::read(from_host.read.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      ssh_->wait_for(std::chrono::seconds(1));
      throw std::runtime_error(fmt::format("{}: {}", host_.label, last_words()));
    }
    said.append(block, static_cast<std::size_t>(got));
  }
  // Who waits for the cluster here sees it end when the way does.
  file.controller_pid = ssh_->pid();
  wire::write_connection_file(this->file(), file);
}

}  // namespace muster::launcher
