#include "tests/processes/listening.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <system_error>

namespace muster::test {
namespace {

namespace fs = std::filesystem;

/// The port of each listening socket of this network namespace, by the socket's inode.
std::map<std::string, unsigned> listening_sockets() {
  std::map<std::string, unsigned> ports;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string number, local, remote, state, queues, timer, retries, uid, timeout, inode;
      words >> number >> local >> remote >> state >> queues >> timer >> retries >> uid >> timeout >>
          inode;
      if (state != "0A") continue;  // TCP_LISTEN
      ports[inode] =
          static_cast<unsigned>(std::stoul(local.substr(local.rfind(':') + 1), nullptr, 16));
    }
  }
  return ports;
}

}  // namespace

std::set<unsigned> listening_ports(const std::vector<pid_t>& processes) {
  const std::map<std::string, unsigned> sockets = listening_sockets();
  std::set<unsigned> found;
  for (const pid_t pid : processes) {
    std::error_code error;
    const fs::path descriptors = fs::path("/proc") / std::to_string(pid) / "fd";
    for (fs::directory_iterator entry(descriptors, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      const std::string target = fs::read_symlink(entry->path(), ignored).string();
      if (!target.starts_with("socket:[")) continue;
      const auto socket = sockets.find(target.substr(8, target.size() - 9));
      if (socket != sockets.end()) found.insert(socket->second);
    }
  }
  return found;
}

}  // namespace muster::test
