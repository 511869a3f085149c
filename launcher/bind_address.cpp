#include "launcher/bind_address.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "launcher/limits.hpp"
#include "launcher/network_interface.hpp"
#include "launcher/numeric_address.hpp"

namespace muster::launcher {
namespace {

constexpr unsigned ports_needed = 3;
constexpr unsigned range_max = 1000;  // each is tried in turn

bool is_numeric(const std::string& text) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

std::optional<std::string> resolved(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  return numeric_address(*list->ai_addr);
}

bool is_every_address(const std::string& address) {
  return address == "0.0.0.0" || address == "::";
}

[[noreturn]] void refuse(const std::string& text) {
  std::string known;
  for (const NetworkInterface& interface : network_interfaces())
    known += (known.empty() ? "" : ", ") + interface.name + " " + interface.address;
  throw std::invalid_argument("--bind: " + text + "; this host has: " + known);
}

std::string address_of(const std::string& name) {
  const std::vector<NetworkInterface> own = network_interfaces();
  for (const NetworkInterface& interface : own) {
    if (interface.name == name) return interface.address;
  }
  const std::optional<std::string> address = is_numeric(name) ? name : resolved(name);
  if (!address) refuse("'" + name + "' is no address, interface or known host");
  if (is_every_address(*address) || address->starts_with("127.")) return *address;
  for (const NetworkInterface& interface : own) {
    if (interface.address == *address) return *address;
  }
  refuse(*address + (name == *address ? "" : " (" + name + ")") + " is no address of this host");
}

std::string published(const std::string& address) {
  if (!is_every_address(address)) return address;
  for (const NetworkInterface& interface : network_interfaces()) {
    if (!interface.loopback) return interface.address;
  }
  return address == "::" ? "::1" : "127.0.0.1";
}

unsigned port_of(const std::string& text, const char* option) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > port_max) {
    throw std::invalid_argument(std::string(option) + ": '" + text +
                                "' is no port; give a number from 1 to 65535");
  }
  return port;
}

std::vector<std::uint16_t> ports(unsigned first, unsigned last, const char* option) {
  if (last > port_max || last < first || last - first + 1 < ports_needed) {
    throw std::invalid_argument(std::string(option) + ": a cluster needs three ports, and " +
                                std::to_string(first) + " to " + std::to_string(last) +
                                " are not three");
  }
  if (last - first >= range_max) {
    throw std::invalid_argument(std::string(option) + ": give at most " +
                                std::to_string(range_max) + " ports");
  }
  std::vector<std::uint16_t> result;
  for (unsigned port = first; port <= last; ++port)
    result.push_back(static_cast<std::uint16_t>(port));
  return result;
}

/// Splits "HOST:PORT" and "[ADDRESS]:PORT"; an IPv6 address alone has more colons.
std::pair<std::string, std::string> host_and_port(const std::string& text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) refuse("'" + text + "' lacks a ]");
    const std::string rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') refuse("'" + text + "' is no address");
    return {text.substr(1, end - 1), rest.empty() ? "" : rest.substr(1)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || is_numeric(text)) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

BindAddress parse_bind_address(const std::string& text, const std::string& port_range) {
  const auto [host, port] = host_and_port(text);
  BindAddress result;
  result.address = address_of(host);
  result.published = published(result.address);
  if (!port.empty() && !port_range.empty()) {
    throw std::invalid_argument("--bind names a port already; leave out --port-range");
  }
  if (!port.empty()) {
    const unsigned first = port_of(port, "--bind");
    result.ports = ports(first, first + ports_needed - 1, "--bind");
  } else if (!port_range.empty()) {
    const std::size_t dash = port_range.find('-');
    if (dash == std::string::npos) {
      throw std::invalid_argument("--port-range: '" + port_range +
                                  "' is no range; write it as A-B");
    }
    result.ports = ports(port_of(port_range.substr(0, dash), "--port-range"),
                         port_of(port_range.substr(dash + 1), "--port-range"), "--port-range");
  }
  return result;
}

}  // namespace muster::launcher
