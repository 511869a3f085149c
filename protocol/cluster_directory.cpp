#include "protocol/cluster_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <pwd.h>
#include <unistd.h>

#include "protocol/private_file.hpp"

namespace muster::wire {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_length_max = 64;  // three of them and a prefix stay far below NAME_MAX

bool allowed(std::string_view name) {
  if (name.empty() || name.size() > name_length_max || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

fs::path home_directory() {
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') return home;
  const passwd* user = ::getpwuid(::geteuid());
  if (user != nullptr && user->pw_dir != nullptr && user->pw_dir[0] == '/') return user->pw_dir;
  throw std::runtime_error(
      "no home directory is known for this user; set XDG_STATE_HOME to an absolute path");
}

std::vector<std::string> subdirectories(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (allowed(name) && entry->is_directory(ignored)) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string arguments_for(const ClusterName& name) {
  const ClusterName standard;
  std::string text;
  if (name.profile != standard.profile) text += " --profile " + name.profile;
  if (name.cluster_id != standard.cluster_id) text += " --cluster-id " + name.cluster_id;
  return text;
}

void check_name(std::string_view what, std::string_view name) {
  if (allowed(name)) return;
  throw std::invalid_argument("'" + std::string(name) + "' is no " + std::string(what) +
                              ": use 1 to 64 letters, digits, '.', '_' or '-', and no dot first");
}

fs::path state_directory() {
  // A relative XDG_STATE_HOME is invalid by the XDG specification and is ignored.
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return fs::path(state) / "muster";
  return home_directory() / ".local" / "state" / "muster";
}

ClusterDirectory::ClusterDirectory(ClusterName name) : name_(std::move(name)) {
  check_name("profile", name_.profile);
  check_name("cluster id", name_.cluster_id);
  path_ = state_directory() / name_.profile / name_.cluster_id;
}

bool ClusterDirectory::exists() const {
  std::error_code ignored;
  return fs::is_directory(path_, ignored);
}

void ClusterDirectory::create() const {
  const fs::path top = path_.parent_path().parent_path();
  std::error_code error;
  fs::create_directories(top.parent_path(), error);
  if (error) {
    throw std::runtime_error("cannot make the directory " + top.parent_path().string() + ": " +
                             error.message() + "; set XDG_STATE_HOME to a place you may write to");
  }
  for (const fs::path& path : {top, path_.parent_path(), path_, logs()}) {
    make_private_directory(path);
  }
  check();
}

void ClusterDirectory::forget_cluster() const {
  for (const fs::path& file : {connection_file(), node_file(), observer_file(), key_file()})
    ::unlink(file.c_str());
}

void ClusterDirectory::check() const {
  check_private_directory(path_.parent_path().parent_path());
  check_private_directory(path_.parent_path());
  check_private_directory(path_);
}

std::uint32_t ClusterDirectory::next_epoch(const Uuid& cluster) const {
  std::uint32_t epoch = 0;
  std::string uuid;
  std::uint32_t last = 0;
  if (std::ifstream file(epoch_file()); file >> uuid >> last && uuid == cluster.hex()) epoch = last;
  return epoch + 1;
}

void ClusterDirectory::keep_epoch(const Uuid& cluster, std::uint32_t epoch) const {
  write_private_file(epoch_file(), cluster.hex() + " " + std::to_string(epoch) + "\n",
                     Durable::yes);
}

std::vector<ClusterName> known_clusters() {
  std::vector<ClusterName> names;
  const fs::path top = state_directory();
  for (const std::string& profile : subdirectories(top)) {
    for (const std::string& id : subdirectories(top / profile))
      names.push_back({profile, id});
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace muster::wire
