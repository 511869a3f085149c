#include "launcher/cluster_options.hpp"

#include <stdexcept>

#include <CLI/CLI.hpp>

namespace muster::launcher {
namespace {

CLI::Validator name_check(const std::string& what) {
  return CLI::Validator(
      [what](std::string& name) {
        try {
          wire::check_name(what, name);
          return std::string();
        } catch (const std::invalid_argument& error) {
          return std::string(error.what());
        }
      },
      "");
}

}  // namespace

void add_profile_option(CLI::App& command, wire::ClusterName& name) {
  command.add_option("--profile", name.profile, "The group that the cluster belongs to")
      ->type_name("NAME")
      ->check(name_check("profile"))
      ->capture_default_str();
}

void add_cluster_options(CLI::App& command, wire::ClusterName& name) {
  add_profile_option(command, name);
  command.add_option("--cluster-id", name.cluster_id, "The cluster's name in its profile")
      ->type_name("NAME")
      ->check(name_check("cluster id"))
      ->capture_default_str();
}

std::string describe(const wire::ClusterName& name) {
  return "cluster '" + name.cluster_id + "' of profile '" + name.profile + "'";
}

}  // namespace muster::launcher
