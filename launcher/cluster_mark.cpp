#include "launcher/cluster_mark.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <unistd.h>

#include "protocol/pidfd.hpp"

namespace muster::launcher {
namespace {

bool has_mark(const std::filesystem::path& process, const std::string& mark) {
  std::ifstream file(process / "environ", std::ios::binary);
  for (std::string variable; std::getline(file, variable, '\0');) {
    if (variable == mark) return true;
  }
  return false;
}

}  // namespace

std::vector<wire::Descriptor> marked_processes(const wire::Uuid& cluster) {
  std::vector<wire::Descriptor> found;
  const std::string mark = "MUSTER_CLUSTER=" + cluster.hex();
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (pid == ::getpid()) continue;
    wire::Descriptor pidfd = wire::open_pidfd(pid);
    if (pidfd && has_mark(entry->path(), mark)) found.push_back(std::move(pidfd));
  }
  return found;
}

}  // namespace muster::launcher
