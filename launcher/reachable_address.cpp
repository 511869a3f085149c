#include "launcher/reachable_address.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "launcher/command_output.hpp"
#include "launcher/numeric_address.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {
namespace {

constexpr std::chrono::seconds ssh_bound{10};

/// What ssh's configuration says is the host's name: "hostname 10.0.0.2" of `ssh -G`.
std::string name_for_ssh(const RemoteHost& host, const HostCommand& command) {
  std::vector<std::string> words = command.command_line(host, "");
  words.pop_back();
  words.insert(words.begin() + 1, "-G");
  const CommandOutput said = output_of(words, ssh_bound);
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("hostname ")) return line.substr(9);
  }
  throw std::runtime_error("ssh doesn't say how it reaches " + host.label + ": " + said.err);
}

/// "Connects" without a packet: the kernel only chooses the way.
std::optional<std::string> address_towards(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(name.c_str(), "9", &hints, &list) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const wire::Descriptor socket(::socket(entry->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (socket && ::connect(socket.get(), entry->ai_addr, entry->ai_addrlen) == 0 &&
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0) {
      return numeric_address(reinterpret_cast<const sockaddr&>(own));
    }
  }
  return std::nullopt;
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

std::string address_towards(const std::vector<RemoteHost>& hosts, const HostCommand& command) {
  std::set<std::string> found;
  std::string loopback;
  for (const RemoteHost& host : hosts) {
    const std::string name = command.is_ssh()
                                 ? name_for_ssh(host, command)
                                 : host.destination.substr(host.destination.find('@') + 1);
    const auto address = address_towards(name);
    if (!address) continue;  // it is told so when it is connected to
    if (is_loopback(*address)) {
      loopback = *address;  // this host itself, which finds the cluster whatever its address
    } else {
      found.insert(*address);
    }
  }
  if (found.empty() && !loopback.empty()) return loopback;
  if (found.size() == 1) return *found.begin();
  if (found.empty()) {
    throw std::runtime_error(
        "none of the hosts has an address that this one can tell; say where they reach this host "
        "with --bind ADDRESS");
  }
  std::string text;
  for (const std::string& address : found)
    text += (text.empty() ? "" : " and ") + address;
  throw std::runtime_error("the hosts reach this one at different addresses, " + text +
                           "; say at which with --bind ADDRESS, or --bind 0.0.0.0 for all");
}

}  // namespace muster::launcher
