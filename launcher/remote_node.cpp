#include "launcher/remote_node.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "launcher/child_watch.hpp"
#include "launcher/host_probe.hpp"
#include "launcher/last_line.hpp"
#include "launcher/log_file.hpp"
#include "launcher/node_line.hpp"
#include "launcher/pipe.hpp"
#include "launcher/program_search.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {
namespace {

using Stream = asio::posix::stream_descriptor;

// Longer lines aren't ours.
constexpr std::size_t line_bytes_max = 64 * 1024;
constexpr std::chrono::seconds silence_interval{10};
// As in ssh(1), for its own failures.
constexpr int ssh_failed = 255;

}  // namespace

struct RemoteNode::Conversation : std::enable_shared_from_this<Conversation> {
  Conversation(asio::io_context& loop, RemoteNodePlan settings, NodeBundle& to_send,
               std::function<void()> changed)
      : io(loop),
        plan(std::move(settings)),
        bundle(to_send),
        on_change(std::move(changed)),
        mark("muster-" + wire::Uuid::random().hex().substr(0, 12)),
        log(plan.log),
        input(loop),
        output(loop),
        look(loop) {}

  void start() {
    const NodeLine line{mark,           bundle.key(),   plan.host.engines,    plan.image_cache_mib,
                        plan.log_level, plan.resources, plan.memory_limit_mib};
    Pipe to_host = make_pipe();
    Pipe from_host = make_pipe();
    ProcessPlan process;
    process.arguments = plan.command.command_line(plan.host, line.text(), tunnels());
    process.path = find_program(process.arguments.front());
    process.input = to_host.read.get();
    process.output = from_host.write.get();
    process.errors = log.descriptor();
    child.emplace(io, Process::start(process), [this](const ProcessExit& exit) { ended(exit); });
    input.assign(to_host.write.release());
    input.non_blocking(true);
    output.assign(from_host.read.release());
    output.non_blocking(true);
    listen();
    keep_log_short();
  }

  /// Engines may write for ever.
  void keep_log_short() {
    look.expires_after(silence_interval);
    look.async_wait([weak = weak_from_this()](const asio::error_code& error) {
      const auto self = weak.lock();
      if (error || !self || !self->child) return;
      self->log.keep_short();
      self->keep_log_short();
    });
  }

  /// In a directory that every host has; sshd lets nobody but its user connect there.
  std::string tunnel_end(const char* name) const { return "/tmp/" + mark + "-" + name; }

  std::vector<std::string> tunnels() const {
    if (!plan.tunnel) return {};
    const auto from = [](const std::string& endpoint) {
      return ":" + endpoint.substr(std::string_view("tcp://").size());
    };
    return {tunnel_end("engine") + from(plan.tunnel->engine_endpoint),
            tunnel_end("control") + from(plan.tunnel->control_endpoint)};
  }

  void deliver(wire::ConnectionFile connection) {
    if (!file.empty()) return;
    if (plan.tunnel) {
      connection.network->engine_endpoint = "ipc://" + tunnel_end("engine");
      connection.network->control_endpoint = "ipc://" + tunnel_end("control");
    }
    file = to_json(connection);
    send_file();
  }

  void listen() {
    output.async_wait(Stream::wait_read,
                      [self = shared_from_this()](const asio::error_code& error) {
                        if (!error && self->child && self->take_output()) self->listen();
                      });
  }

  /// False at its end.
  bool take_output() {
    std::array<char, 4096> block;
    for (;;) {
      asio::error_code error;
      const std::size_t got = output.read_some(asio::buffer(block), error);
      if (error == asio::error::would_block) return true;
      if (error) return false;
      unread.append(block.data(), got);
      take_lines();
    }
  }

  void take_lines() {
    for (std::size_t end; (end = unread.find('\n')) != std::string::npos;) {
      const std::string line = unread.substr(0, end);
      unread.erase(0, end + 1);
      if (const auto answer = answer_in(line, mark)) {
        answered(*answer);
      } else if (!line.empty()) {
        noise = line;
      }
    }
    if (unread.size() > line_bytes_max) unread.clear();
  }

  void answered(const std::string& answer) {
    spdlog::debug("{}: {}", plan.host.label, answer);
    if (answer.starts_with("shell ")) {
      has_shell = true;
      const std::string machine = answer.substr(6);
      if (machine != this_machine().system) {
        give_up("it is a " + machine + ", and this muster is for " + this_machine().system);
      }
    } else if (answer == "need") {
      send_bundle();
    } else if (answer == "setup") {
      has_build = true;
      send(std::make_shared<const std::string>(counted(plan.host.setup)));
    } else if (answer == "start") {
      started = true;
      send_file();
    } else if (answer.starts_with("joined ")) {
      engines = static_cast<std::uint32_t>(std::strtoul(answer.c_str() + 7, nullptr, 10));
      change(State::joined);
    } else if (answer.starts_with("failed ")) {
      reason = answer.substr(7);
    }
  }

  void send_bundle() {
    try {
      const auto archive = bundle.archive();
      spdlog::info("{}: muster is sent there, {} bytes", plan.host.label, archive->size());
      send(std::make_shared<const std::string>(std::to_string(archive->size()) + "\n"));
      send(archive);
    } catch (const std::exception& error) {
      give_up(error.what());
    }
  }

  void send_file() {
    if (started && !file.empty()) send(std::make_shared<const std::string>(counted(file)));
  }

  /// One behind the other.
  void send(std::shared_ptr<const std::string> text) {
    to_send.push_back(std::move(text));
    if (to_send.size() == 1) send_next();
  }

  void send_next() {
    if (to_send.empty() || !input.is_open()) return;
    asio::async_write(input, asio::buffer(*to_send.front()),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        // Where nobody reads any more, its end says why.
                        if (error) return;
                        self->to_send.erase(self->to_send.begin());
                        self->send_next();
                      });
  }

  void give_up(const std::string& why) {
    if (state != State::coming) return;
    reason = why;
    child->process().signal_group(SIGKILL);
  }

  void ended(const ProcessExit& exit) {
    take_output();  // its last words
    // A login that ends with 0 has not done what it should, either.
    if (reason.empty() && (exit.code != 0 || state == State::coming)) reason = explain(exit);
    child.reset();
    cut();
    change(State::ended);
  }

  std::string explain(const ProcessExit& exit) const {
    const std::string said = last_line(log.tail());
    if (plan.command.is_ssh() && exit.code == ssh_failed && !said.empty()) {
      return state == State::joined ? "its connection ended: " + said : said;
    }
    // By then the last line is about something else.
    if (state == State::joined) {
      return "its node ended (" + exit.text() + "); its log is " + plan.log;
    }
    const char* what = !has_shell   ? "it has no shell for muster"
                       : !has_build ? "muster can't be put there"
                       : !started   ? "its setup failed"
                                    : "muster can't run there";
    std::string words = said.empty() ? last_line(noise + "\n" + unread) : said;
    if (!words.empty()) words.insert(0, ": ");
    return fmt::format("{} ({}){}", what, exit.text(), words);
  }

  void cut() {
    asio::error_code ignored;
    input.close(ignored);
  }

  void change(State next) {
    state = next;
    if (on_change) on_change();
  }

  asio::io_context& io;
  RemoteNodePlan plan;
  NodeBundle& bundle;
  std::function<void()> on_change;
  const std::string mark;
  LogFile log;
  Stream input;   ///< its stdin
  Stream output;  ///< its stdout
  asio::steady_timer look;
  std::optional<ChildWatch> child;
  std::vector<std::shared_ptr<const std::string>> to_send;
  std::string unread;
  std::string noise;  ///< the last line that was no answer
  std::string file;
  State state = State::coming;
  bool has_shell = false;
  bool has_build = false;
  bool started = false;  ///< `muster node` is what runs there
  std::uint32_t engines = 0;
  std::string reason;
};

RemoteNode::RemoteNode(asio::io_context& io, RemoteNodePlan plan, NodeBundle& bundle,
                       std::function<void()> on_change)
    : conversation_(
          std::make_shared<Conversation>(io, std::move(plan), bundle, std::move(on_change))) {
  conversation_->start();
}

RemoteNode::~RemoteNode() {
  // Handlers that are queued hold it a little longer.
  conversation_->on_change = nullptr;
  conversation_->child.reset();
  conversation_->look.cancel();
  conversation_->cut();
  asio::error_code ignored;
  conversation_->output.close(ignored);
}

const RemoteHost& RemoteNode::host() const {
  return conversation_->plan.host;
}

RemoteNode::State RemoteNode::state() const {
  return conversation_->state;
}

std::uint32_t RemoteNode::engines() const {
  return conversation_->engines;
}

const std::string& RemoteNode::reason() const {
  return conversation_->reason;
}

void RemoteNode::deliver(wire::ConnectionFile file) {
  conversation_->deliver(std::move(file));
}

void RemoteNode::cut() {
  conversation_->cut();
}

void RemoteNode::kill() {
  if (conversation_->child) conversation_->child->process().signal_group(SIGKILL);
}

void RemoteNode::give_up(const std::string& reason) {
  conversation_->give_up(reason);
}

}  // namespace muster::launcher
