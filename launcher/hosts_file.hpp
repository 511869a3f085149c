#pragma once
// Hosts in a file, with what a shell there has to do first (docs/clusters.md has its keys).

#include <filesystem>
#include <vector>

#include "launcher/host_list.hpp"

namespace muster::launcher {

/// Throws TomlError, which names the line.
std::vector<RemoteHost> read_hosts_file(const std::filesystem::path& path);

}  // namespace muster::launcher
