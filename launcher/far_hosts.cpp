#include "launcher/far_hosts.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/write.hpp>
#include <fmt/core.h>

#include "launcher/host_probe.hpp"
#include "launcher/last_line.hpp"
#include "launcher/running_command.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;
using asio::ip::tcp;

constexpr std::chrono::seconds host_bound{60};

std::int64_t clock_now() {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

/// Open at every address while it lives; whoever connects is told the mark.
class Listener {
 public:
  /// Without a port if it can't have one.
  Listener(asio::io_context& io, std::string mark) : acceptor_(io), mark_(std::move(mark) + "\n") {
    asio::error_code error;
    acceptor_.open(tcp::v6(), error);
    if (!error) acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind({tcp::v6(), 0}, error);
    if (error) open_v4(error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (error) return;
    port_ = acceptor_.local_endpoint(error).port();
    accept();
  }
  std::uint16_t port() const { return port_; }
  void close() {
    asio::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  void open_v4(asio::error_code& error) {
    close();
    acceptor_.open(tcp::v4(), error);
    if (!error) acceptor_.bind({tcp::v4(), 0}, error);
  }
  void accept() {
    acceptor_.async_accept([this](const asio::error_code& error, tcp::socket peer) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        auto connection = std::make_shared<tcp::socket>(std::move(peer));
        asio::async_write(*connection, asio::buffer(mark_),
                          [connection](const asio::error_code&, std::size_t) {});
      }
      accept();
    });
  }

  tcp::acceptor acceptor_;
  std::string mark_;
  std::uint16_t port_ = 0;
};

/// A file that another host sees if it has the same state directory; gone with this object.
class SharedFile {
 public:
  explicit SharedFile(const std::string& mark) : path_(wire::state_directory() / ("." + mark)) {
    // Its path goes through a shell.
    const bool plain = path_.native().find('\'') == std::string::npos;
    if (!plain || !std::ofstream(path_).put('\n')) path_.clear();
  }
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;
  ~SharedFile() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

ProbeEnd end_of(const CommandOutput& output, std::int64_t began) {
  ProbeEnd end;
  end.ok = output.ok();
  end.said = output.out;
  end.began = began;
  end.ended = clock_now();
  if (end.ok) return end;
  end.why = last_line(output.err);
  if (output.exit && output.exit->signal == SIGKILL) {
    end.why = fmt::format("it has not answered in {} s", host_bound.count());
  } else if (end.why.empty() && output.exit) {
    end.why = output.exit->text();
  }
  return end;
}

}  // namespace

std::vector<HostFindings> findings_at(const std::vector<RemoteHost>& hosts,
                                      const HostCommand& command,
                                      const std::vector<std::string>& addresses) {
  asio::io_context io;
  HostProbe probe;
  probe.mark = "muster-" + wire::Uuid::random().hex().substr(0, 12);
  const SharedFile shared(probe.mark);
  probe.shared = shared.path();
  probe.addresses = addresses;
  Listener listener(io, probe.mark);
  probe.port = listener.port();

  const ThisMachine here = this_machine();
  std::vector<HostFindings> all;
  for (const RemoteHost& host : hosts)
    all.push_back({host.label, {}});
  std::vector<std::unique_ptr<RunningCommand>> running(hosts.size());
  std::size_t left = hosts.size();
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::int64_t began = clock_now();
    running[i] = std::make_unique<RunningCommand>(
        io, command.command_line(hosts[i], probe.line()), "", host_bound,
        [&, i, began](const CommandOutput& output) {
          all[i].findings = findings_of(probe, end_of(output, began), here);
          running[i].reset();
          if (--left == 0) listener.close();
        });
  }
  if (left == 0) listener.close();
  io.run();
  return all;
}

}  // namespace muster::launcher
