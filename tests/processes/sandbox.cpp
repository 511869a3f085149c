#include "tests/processes/sandbox.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "protocol/identity.hpp"
#include "tests/processes/patience.hpp"

namespace muster::test {
namespace {

namespace fs = std::filesystem;

/// True when one of the strings of a /proc file, which end with zeros, is this one.
bool has_string(const fs::path& path, const std::string& wanted) {
  std::ifstream file(path, std::ios::binary);
  for (std::string text; std::getline(file, text, '\0');) {
    if (text == wanted) return true;
  }
  return false;
}

}  // namespace

Sandbox::Sandbox() {
  const std::string name = wire::Uuid::random().hex();
  // Short: the sockets' paths, which are limited to a hundred bytes, are below it.
  path_ = fs::temp_directory_path() / ("muster-test-" + name.substr(0, 8));
  fs::create_directory(path_);
  fs::permissions(path_, fs::perms::owner_all);
  for (const char* part : {"state", "tmp", "outputs"})
    fs::create_directory(path_ / part);
  cookie_ = "MUSTER_TEST_COOKIE=" + name;
  set("MUSTER_TEST_COOKIE", name);
  set("XDG_STATE_HOME", path_ / "state");
  set("TMPDIR", path_ / "tmp");
  set("XDG_CACHE_HOME", path_ / "cache");
  set("XDG_CONFIG_HOME", path_ / "config");
  set("MUSTER_CONFIG", "");
  set("MUSTER_PROFILE", "");
  set("MUSTER_CLUSTER_ID", "");
  set("MUSTER_CONNECTION_FILE", "");
}

Sandbox::~Sandbox() {
  CHECK(becomes_empty());
  for (const pid_t pid : processes())
    ::kill(pid, SIGKILL);
  for (const auto& [name, value] : before_) {
    value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void Sandbox::set(const char* name, const std::string& value) {
  const char* before = std::getenv(name);
  before_.emplace_back(name, before == nullptr ? std::nullopt : std::optional<std::string>(before));
  ::setenv(name, value.c_str(), 1);
}

std::vector<pid_t> Sandbox::processes() const {
  std::vector<pid_t> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (pid != ::getpid() && has_string(entry->path() / "environ", cookie_)) found.push_back(pid);
  }
  return found;
}

bool Sandbox::becomes_empty() const {
  return eventually([this] { return processes().empty(); });
}

Finished Sandbox::muster(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{program("muster")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(std::move(all), path_ / "outputs");
}

std::string program(const std::string& name) {
  return std::string(MUSTER_PROGRAMS_DIR) + "/" + name;
}

std::string role_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string word;
  std::getline(file, word, '\0');
  word.clear();
  std::getline(file, word, '\0');
  return word;
}

}  // namespace muster::test
