#include "launcher/host_list.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <stdexcept>

#include "launcher/limits.hpp"

namespace muster::launcher {
namespace {

[[noreturn]] void refuse_entry(const std::string& entry, const std::string& text) {
  throw std::invalid_argument("--hosts: '" + entry + "' " + text +
                              "; write HOST:ENGINES or HOST:PORT:ENGINES");
}

int number(const std::string& entry, const std::string& text, int largest,
           const std::string& what) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > largest) {
    refuse_entry(entry, "has '" + text + "' where " + what + " from 1 to " +
                            std::to_string(largest) + " belongs");
  }
  return value;
}

/// "user@[::1]:22:4" is the host "user@::1"; the brackets only part it from the numbers.
std::string take_host(const std::string& entry, std::string& rest) {
  const std::size_t open = entry.find('[');
  if (open == std::string::npos || (open > 0 && entry[open - 1] != '@')) {
    const std::size_t colon = std::min(entry.find(':'), entry.size());
    rest = entry.substr(colon);
    return entry.substr(0, colon);
  }
  const std::size_t close = entry.find(']', open);
  if (close == std::string::npos) refuse_entry(entry, "lacks a ]");
  rest = entry.substr(close + 1);
  return entry.substr(0, open) + entry.substr(open + 1, close - open - 1);
}

RemoteHost parse_entry(const std::string& entry) {
  RemoteHost host;
  std::string rest;
  host.destination = take_host(entry, rest);
  if (!is_host_name(host.destination)) refuse_entry(entry, "names no host");
  if (rest.empty()) return host;
  if (rest.front() != ':') refuse_entry(entry, "has '" + rest + "' behind its host");
  const std::size_t second = rest.find(':', 1);
  if (second != std::string::npos) {
    host.port = number(entry, rest.substr(1, second - 1), port_max, "a port");
    rest.erase(0, second);
  }
  host.engines = number(entry, rest.substr(1), engines_max, "a number of engines");
  return host;
}

}  // namespace

std::vector<RemoteHost> parse_hosts(const std::string& list) {
  std::vector<RemoteHost> hosts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    hosts.push_back(parse_entry(list.substr(begin, end - begin)));
    begin = end + 1;
  }
  label_hosts(hosts);
  return hosts;
}

bool is_host_name(const std::string& name) {
  // It becomes a word of a command line, where a dash would make it an option.
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isgraph(static_cast<unsigned char>(c)) != 0;
  });
}

void label_hosts(std::vector<RemoteHost>& hosts) {
  std::map<std::string, int> seen;
  for (RemoteHost& host : hosts) {
    host.label = host.destination;
    if (host.port != 0) host.label += ":" + std::to_string(host.port);
    const int time = ++seen[host.label];
    if (time > 1) host.label += "#" + std::to_string(time);
  }
}

}  // namespace muster::launcher
