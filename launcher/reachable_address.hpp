#pragma once
// Which of this host's addresses others reach it by.

#include <string>
#include <vector>

#include "launcher/host_command.hpp"
#include "launcher/host_list.hpp"

namespace muster::launcher {

/// The address from which packets to these hosts leave: nothing is sent. ssh is asked which address
/// it would connect to. Throws std::runtime_error, which asks for --bind, when there is none or
/// when they differ.
std::string address_towards(const std::vector<RemoteHost>& hosts, const HostCommand& command);

}  // namespace muster::launcher
