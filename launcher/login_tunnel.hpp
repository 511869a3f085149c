#pragma once
// The way to a cluster of another host through ssh: its sockets for clients come out here, and a
// connection file says where. For a laptop and a login node, where no port is open.

#include <filesystem>
#include <optional>
#include <string>

#include "launcher/host_command.hpp"
#include "launcher/host_list.hpp"
#include "launcher/process.hpp"
#include "launcher/runtime_directory.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

class LoginTunnel {
 public:
  /// Logs in twice: to look for the cluster's connection file, and to open the way. Blocks until
  /// it is open, a minute at most for each. Throws NoSuchCluster when no such cluster runs there,
  /// else std::runtime_error (also std::system_error) with ssh's own words.
  LoginTunnel(HostCommand ssh, RemoteHost host, const wire::ClusterName& name);
  LoginTunnel(const LoginTunnel&) = delete;
  LoginTunnel& operator=(const LoginTunnel&) = delete;
  /// Ends ssh, and removes the file.
  ~LoginTunnel();

  /// For programs and commands of this host. Gone with the way.
  std::filesystem::path file() const;
  /// ssh, which has ended when the way has. It ends with the thread that has made this object.
  Process& process() { return *ssh_; }
  /// What ssh has said last.
  std::string last_words() const;

 private:
  struct Found;

  Found look_for(const wire::ClusterName& name) const;
  void open_way(const Found& found);

  const HostCommand command_;
  const RemoteHost host_;
  const std::string mark_;
  RuntimeDirectory runtime_;
  wire::Descriptor input_;  // ssh ends when this does, and so when we do
  wire::Descriptor errors_;
  std::optional<Process> ssh_;
};

}  // namespace muster::launcher
