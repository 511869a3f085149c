#include "launcher/cluster_choice.hpp"

#include <chrono>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <zmq.hpp>

#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/status_request.hpp"
#include "protocol/host_name.hpp"
#include "protocol/knock.hpp"
#include "protocol/way.hpp"

namespace muster::launcher {
namespace {

wire::ConnectionFile find_by_name(const wire::ClusterName& name) {
  const wire::ClusterDirectory directory(name);
  if (!ClusterLock::is_held(directory.lock_file())) {
    throw NoSuchCluster(describe(name) + " is not running; start it with: muster start" +
                        arguments_for(name));
  }
  directory.check();
  try {
    return wire::read_connection_file(directory.connection_file());
  } catch (const wire::ConnectionFileError& error) {
    if (error.kind() != wire::ConnectionFileError::Kind::missing) throw;
    throw NoSuchCluster(describe(name) + " is just starting or ending; try again in a second");
  }
}

/// So that a key that isn't known is an error and not a silence.
void ask_whether_let_in(const wire::Way& way) {
  if (way.local) return;
  zmq::context_t context;
  const wire::KnockAnswer answer =
      wire::Knock(context, way.control_endpoint, way.observer_keys).wait(answer_bound);
  if (answer == wire::KnockAnswer::let_in) return;
  const std::string text = wire::describe(answer, way.control_endpoint);
  if (answer == wire::KnockAnswer::nobody) throw NoSuchCluster(text);
  throw std::runtime_error(text);
}

wire::ConnectionFile find_by_file(const std::string& path) {
  wire::ConnectionFile cluster;
  try {
    cluster = wire::read_connection_file(path);
  } catch (const wire::ConnectionFileError& error) {
    if (error.kind() != wire::ConnectionFileError::Kind::missing) throw;
    throw NoSuchCluster("there is no connection file " + path +
                        "; copy connection.json from the host on which the cluster runs");
  }
  if (cluster.role == wire::Role::node) {
    throw std::runtime_error("connection file " + path +
                             " is for the role node; this needs connection.json, which lies beside "
                             "it on the host of the cluster");
  }
  if (wire::is_here(cluster)) return cluster;
  if (cluster.network) {
    ask_whether_let_in(wire::way_to(cluster));
    return cluster;
  }
  if (cluster.host == wire::host_name()) {
    throw NoSuchCluster(describe(cluster) + ", which wrote " + path +
                        ", has ended; copy the file of one that runs");
  }
  throw NoSuchCluster(describe(cluster) + " listens on no network, so only " + cluster.host +
                      " itself can reach it; start it there with: muster start" +
                      wire::arguments_for({cluster.profile, cluster.cluster_id}) +
                      " --bind ADDRESS");
}

}  // namespace

void add_cluster_choice(CLI::App& command, ClusterChoice& choice) {
  add_cluster_options(command, choice.name);
  command
      .add_option("--file", choice.file,
                  "A connection file instead of names, also from another host; "
                  "MUSTER_CONNECTION_FILE is the same")
      ->type_name("FILE")
      ->configurable(false)
      ->excludes(command.get_option("--profile"), command.get_option("--cluster-id"));
  // main() takes it, before the command runs: see launcher/command_via.hpp.
  command.add_option("--via", "The cluster of another host, through ssh: see muster via --help")
      ->type_name("[USER@]HOST")
      ->configurable(false)
      ->excludes(command.get_option("--file"));
}

void take_file_from_environment(const CLI::App& command, ClusterChoice& choice) {
  const auto given = [&](const char* name) { return command.get_option(name)->count() > 0; };
  if (given("--file") || given("--profile") || given("--cluster-id")) return;
  if (const char* file = std::getenv("MUSTER_CONNECTION_FILE")) choice.file = file;
}

wire::ConnectionFile find_cluster(const ClusterChoice& choice) {
  return choice.by_name() ? find_by_name(choice.name) : find_by_file(choice.file);
}

std::string describe(const wire::ConnectionFile& cluster) {
  return describe(wire::ClusterName{cluster.profile, cluster.cluster_id});
}

}  // namespace muster::launcher
