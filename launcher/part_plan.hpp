#pragma once
// How a launcher starts the parts of a cluster on its own host, and tells them what it was asked
// for.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/image_file.hpp"
#include "launcher/local_launch.hpp"
#include "launcher/process.hpp"
#include "protocol/connection_file.hpp"

namespace muster::launcher {

/// Of a part that holds the cluster's lock and ends with its tether. Output, and when it dies, are
/// the caller's to say.
ProcessPlan plan_of_part(const OwnProgram& program, const std::string& role,
                         const LaunchConfig& config, const wire::Uuid& cluster,
                         const std::vector<std::string>& arguments, int tether, int lock);

/// `engines` are those that it waits for until it says that all are there.
std::vector<std::string> controller_arguments(const LaunchConfig& config,
                                              const std::filesystem::path& runtime,
                                              std::uint32_t engines);
/// Of the node on the launcher's own host.
std::vector<std::string> node_arguments(const LaunchConfig& config,
                                        const wire::ConnectionFile& connection);

}  // namespace muster::launcher
