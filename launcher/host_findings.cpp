#include "launcher/host_findings.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/core.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zmq.h>

#include <muster/error.hpp>

#include "launcher/commands.hpp"
#include "launcher/leftovers.hpp"
#include "launcher/network_interface.hpp"
#include "launcher/program_search.hpp"
#include "launcher/runtime_directory.hpp"
#include "launcher/toolchain.hpp"
#include "launcher/usable_cpus.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/host_name.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/printable.hpp"
#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
/// Sockets, logs and a few programs of usual size.
constexpr std::uint64_t space_needed = 64 * mib;
Finding libraries() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  ::zmq_version(&major, &minor, &patch);
  const std::string text = fmt::format("{}, ZeroMQ {}.{}.{}, libsodium {}", version_text() + 7,
                                       major, minor, patch, ::sodium_version_string());
  if (::zmq_has("curve") == 0) {
    return warning("muster", text + ", which has no CURVE",
                   "other hosts need it: install a ZeroMQ that was built with libsodium");
  }
  if (major != ZMQ_VERSION_MAJOR || minor != ZMQ_VERSION_MINOR) {
    return warning("muster",
                   fmt::format("{}, but it was built with ZeroMQ {}.{}", text, ZMQ_VERSION_MAJOR,
                               ZMQ_VERSION_MINOR),
                   "build muster on this system, or look at LD_LIBRARY_PATH");
  }
  return good("muster", text);
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// What the job or container that we are in may use; of version 2 of cgroups.
std::string own_cgroup() {
  const std::string line = first_line("/proc/self/cgroup");
  return line.starts_with("0::") ? "/sys/fs/cgroup" + line.substr(3) : std::string();
}

Finding processors() {
  const int usable = usable_cpus();
  const std::string text = fmt::format("{} may be used of {}", usable,
                                       std::max<long>(usable, ::sysconf(_SC_NPROCESSORS_ONLN)));
  double quota = 0;
  double period = 0;
  std::istringstream words(first_line((own_cgroup() + "/cpu.max").c_str()));
  if (words >> quota >> period && period > 0 && quota / period < usable) {
    const double share = quota / period;
    return warning("processors", fmt::format("{}, and no more than {:.1f} at a time", text, share),
                   fmt::format("start no more engines than that: -n {}",
                               std::max(1, static_cast<int>(share))));
  }
  return good("processors", text);
}

std::uint64_t available_memory() {
  std::uint64_t available = std::numeric_limits<std::uint64_t>::max();
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;) {
    std::uint64_t kib = 0;
    if (word == "MemAvailable:" && file >> kib) available = kib << 10;
  }
  const std::string group = own_cgroup();
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::istringstream most(first_line((group + "/memory.max").c_str()));
  std::istringstream now(first_line((group + "/memory.current").c_str()));
  if (most >> limit && now >> used) available = std::min(available, limit - std::min(limit, used));
  return available;
}

Finding open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return open_files_finding(limit.rlim_max);
}

Finding sockets() {
  try {
    const RuntimeDirectory directory;
    const std::string place = directory.path().parent_path().string();
    struct statvfs space {};
    if (::statvfs(place.c_str(), &space) == 0 &&
        std::uint64_t{space.f_bavail} * space.f_frsize < mib) {
      return failure("sockets", place + " has no space left",
                     "free some, or set TMPDIR to another directory");
    }
    return good("sockets", "in " + place);
  } catch (const std::exception& error) {
    return failure("sockets", error.what(), "");
  }
}

/// Another host may see the same files there.
bool is_shared(const fs::path& path) {
  struct statfs about {};
  if (::statfs(path.c_str(), &about) != 0) return false;
  constexpr long nfs = 0x6969;
  constexpr long smb2 = 0xfe534d42;
  constexpr long fuse = 0x65735546;
  constexpr long lustre = 0x0bd00bd0;
  constexpr long gpfs = 0x47504653;
  constexpr long ceph = 0x00c36400;
  const long type = about.f_type;
  return type == nfs || type == smb2 || type == fuse || type == lustre || type == gpfs ||
         type == ceph;
}

std::optional<std::uint64_t> space_at(const fs::path& path) {
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) != 0) return std::nullopt;
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

/// A lock works there, which some network file systems refuse.
bool can_lock(const fs::path& directory) {
  const fs::path path = directory / (".doctor-" + std::to_string(::getpid()));
  const wire::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const bool locked = file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
  ::unlink(path.c_str());
  return locked;
}

Finding state() {
  const fs::path path = wire::state_directory();
  const std::string shown = wire::printable(path.string());
  try {
    fs::create_directories(path.parent_path());
    wire::make_private_directory(path);
    wire::check_private_directory(path);
  } catch (const std::exception& error) {
    return failure("state", error.what(),
                   "or set XDG_STATE_HOME to a directory that is yours alone");
  }
  if (!can_lock(path)) {
    return failure("state", fmt::format("{}: files there can't be locked", shown),
                   "set XDG_STATE_HOME to a directory of another file system");
  }
  const std::uint64_t space = space_at(path).value_or(0);
  const std::string text = fmt::format("{}, {} free{}", shown, size_text(space),
                                       is_shared(path) ? ", on a shared file system" : "");
  if (space < space_needed)
    return warning("state", text, "free some space: logs and connection files are there");
  return good("state", text);
}

Finding cache() {
  const fs::path path = wire::ImageCache::usual_directory();
  if (path.empty()) {
    return warning("cache",
                   "there is no home directory, so programs from other hosts stay in memory",
                   "set HOME or XDG_CACHE_HOME");
  }
  fs::path there = path;
  while (!fs::exists(there) && there.has_relative_path())
    there = there.parent_path();
  const std::uint64_t space = space_at(there).value_or(0);
  const std::string text =
      fmt::format("{}, {} free", wire::printable(path.string()), size_text(space));
  if (::access(there.c_str(), W_OK) != 0) {
    return warning("cache", fmt::format("{} can't be written to", there.string()),
                   "set XDG_CACHE_HOME to a directory that can");
  }
  if (space < space_needed)
    return warning("cache", text, "programs from other hosts won't be kept: free some space");
  struct statvfs about {};
  if (::statvfs(there.c_str(), &about) == 0 && (about.f_flag & ST_NOEXEC) != 0) {
    return warning(
        "cache", text + ", where nothing may be executed",
        "programs are run from memory instead, and hosts can't be reached from here by a "
        "muster that was sent; XDG_CACHE_HOME names another place");
  }
  return good("cache", text);
}

Finding addresses() {
  std::string others;
  for (const NetworkInterface& interface : network_interfaces()) {
    if (!interface.loopback)
      others +=
          fmt::format("{}{} {}", others.empty() ? "" : ", ", interface.name, interface.address);
  }
  if (others.empty()) {
    return warning("addresses", "this host has none that others could reach",
                   "a cluster here is of this host alone; with other hosts use --tunnel");
  }
  return good("addresses", fmt::format("{} ({})", others, wire::host_name()));
}

Finding clock_here() {
  timex about{};
  if (::adjtimex(&about) == TIME_ERROR && (about.status & STA_UNSYNC) != 0) {
    return warning("clock", "nothing keeps it right",
                   "times of several hosts won't agree in logs: let chrony or ntpd set them");
  }
  return good("clock", "kept right");
}

bool is_there(const char* program) {
  return find_program(program).find('/') != std::string::npos;
}

Finding schedulers() {
  struct Known {
    const char* name;
    const char* program;
  };
  constexpr Known known[] = {{"ssh", "ssh"},
                             {"Slurm", "sbatch"},
                             {"Grid Engine, PBS or Torque", "qsub"},
                             {"LSF", "bsub"},
                             {"HTCondor", "condor_submit"}};
  std::string found;
  for (const Known& one : known) {
    if (is_there(one.program)) found += (found.empty() ? "" : ", ") + std::string(one.name);
  }
  if (found.empty()) {
    return warning("launchers", "there is neither ssh nor a batch system here",
                   "other hosts need one: install openssh-client");
  }
  return good("launchers", found);
}

Finding compiler() {
  try {
    const Toolchain toolchain = find_toolchain();
    if (!is_there(toolchain.compiler.c_str())) {
      return warning("compiler", toolchain.compiler + " isn't here",
                     "muster px and Client::compile need it: install it");
    }
    return good("compiler", toolchain.compiler);
  } catch (const std::exception& error) {
    return warning("compiler", error.what(), "only muster px and Client::compile need it");
  }
}

Finding leftovers() {
  std::size_t count = leftover_sockets(Removal::look).size();
  count += leftover_clusters(Removal::look).size();
  if (count == 0) return good("leftovers", "none of clusters that have died");
  return warning("leftovers", fmt::format("{} of clusters that have died", count),
                 "remove them with: muster clean");
}

}  // namespace

std::vector<Finding> findings_here() {
  return {libraries(),  processors(), memory_finding(available_memory()),
          open_files(), sockets(),    state(),
          cache(),      addresses(),  clock_here(),
          schedulers(), compiler(),   leftovers()};
}

}  // namespace muster::launcher
