#include "launcher/leftovers.hpp"

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_mark.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/node_bundle.hpp"
#include "launcher/runtime_directory.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    found.push_back(entry->path());
  }
  return found;
}

std::optional<wire::Uuid> uuid_of(const wire::ClusterDirectory& directory) {
  try {
    return wire::read_connection_file(directory.connection_file()).uuid;
  } catch (const wire::ConnectionFileError&) {
    return std::nullopt;
  }
}

/// The lock's file goes last: until then nobody else can start this cluster.
std::string remove_directory(const wire::ClusterDirectory& directory) {
  std::error_code error;
  for (const fs::path& path : entries_of(directory.path())) {
    if (path != directory.lock_file()) fs::remove_all(path, error);
    if (error) return "cannot be removed: " + error.message();
  }
  fs::remove(directory.lock_file(), error);
  fs::remove(directory.path(), error);
  return error ? "cannot be removed: " + error.message() : "";
}

/// nullopt when the cluster runs.
std::optional<std::string> clean_cluster(const wire::ClusterDirectory& directory, Removal removal) {
  try {
    directory.check();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  if (ClusterLock::is_held(directory.lock_file())) return std::nullopt;
  if (ClusterLock::is_shared(directory.guests_file())) return std::nullopt;
  const auto lock = ClusterLock::acquire(directory.lock_file());
  if (!lock) return std::nullopt;
  if (const auto uuid = uuid_of(directory); uuid && !marked_processes(*uuid).empty()) {
    return "processes that it started still run; end them with: muster stop" +
           arguments_for(directory.name());
  }
  return removal == Removal::look ? "" : remove_directory(directory);
}

fs::path image_directory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return fs::path(cache) / "muster" / "images";
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return fs::path(home) / ".cache" / "muster" / "images";
}

}  // namespace

std::vector<Leftover> leftover_sockets(Removal removal) {
  std::vector<Leftover> found;
  for (const fs::path& path : stale_runtime_directories(removal == Removal::remove)) {
    found.push_back({"sockets", path,
                     fs::exists(path) && removal == Removal::remove ? "cannot be removed" : ""});
  }
  return found;
}

std::vector<Leftover> leftover_clusters(Removal removal) {
  std::vector<Leftover> found;
  for (const wire::ClusterName& name : wire::known_clusters()) {
    const wire::ClusterDirectory directory(name);
    if (const auto kept = clean_cluster(directory, removal)) {
      found.push_back({describe(name), directory.path(), *kept});
    }
    // Only if it is empty.
    if (removal == Removal::remove) ::rmdir(directory.path().parent_path().c_str());
  }
  return found;
}

void remove_cluster(const wire::ClusterName& name) {
  const wire::ClusterDirectory directory(name);
  clean_cluster(directory, Removal::remove);
  // Only if it is empty.
  ::rmdir(directory.path().parent_path().c_str());
}

std::vector<Leftover> leftover_images(Removal removal) {
  std::vector<Leftover> found;
  const fs::path directory = image_directory();
  try {
    if (directory.empty() || !fs::exists(directory)) return found;
    wire::check_private_directory(directory);
  } catch (const std::runtime_error& error) {
    return {{"programs", directory, error.what()}};
  }
  for (const fs::path& path : entries_of(directory)) {
    std::error_code error;
    const wire::Descriptor file(
        ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file || !fs::is_regular_file(path, error)) continue;
    // A node holds a shared lock on what its engines run, an exclusive one on what arrives.
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (removal == Removal::remove) fs::remove(path, error);
    found.push_back({"program", path, error ? "cannot be removed: " + error.message() : ""});
  }
  return found;
}

std::vector<Leftover> leftover_bundles(Removal removal) {
  std::vector<Leftover> found;
  const fs::path directory = bundle_directory();
  if (directory.empty()) return found;
  for (const fs::path& path : entries_of(directory)) {
    // What was never whole has no manifest, and may be arriving.
    const wire::Descriptor claim = claim_bundle(path);
    if (!claim) continue;
    std::error_code error;
    if (removal == Removal::remove) fs::remove_all(path, error);
    found.push_back({"build", path, error ? "cannot be removed: " + error.message() : ""});
  }
  return found;
}

}  // namespace muster::launcher
