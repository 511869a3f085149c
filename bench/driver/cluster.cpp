#include "bench/driver/cluster.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <time.h>

#include "bench/driver/command.hpp"

namespace muster::bench {
namespace {

constexpr const char* cookie_name = "MUSTER_BENCH_CLUSTER";

bool has_cookie(const std::filesystem::path& process, const std::string& cookie) {
  std::ifstream file(process / "environ", std::ios::binary);
  const std::string environment(std::istreambuf_iterator<char>(file), {});
  // Each variable ends with a NUL, which keeps a cookie from being found inside a longer one.
  return environment.find(cookie + '\0') != std::string::npos;
}

}  // namespace

Cluster::Cluster(std::filesystem::path muster, const ClusterOptions& options)
    : muster_(std::move(muster)) {
  const std::string value = std::to_string(std::random_device{}());
  cookie_ = cookie_name + ("=" + value);
  Command start{muster_, {"start", "-n", std::to_string(options.engines), "--daemonize"}};
  start.one_core = options.one_core;
  if (options.hwm > 0) {
    start.arguments.insert(start.arguments.end(), {"--hwm", std::to_string(options.hwm)});
  }
  if (options.network) start.arguments.insert(start.arguments.end(), {"--bind", "127.0.0.1"});
  ::setenv(cookie_name, value.c_str(), 1);
  run_quietly(start);
  // Programs that use the cluster aren't part of it.
  ::unsetenv(cookie_name);
}

Cluster::~Cluster() {
  try {
    run_quietly({muster_, {"stop"}});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
  }
}

nlohmann::json Cluster::status() const {
  return nlohmann::json::parse(output_of({muster_, {"status", "--json"}}));
}

double Cluster::largest_credit() const {
  const nlohmann::json now = status();
  double largest = 0;
  for (const nlohmann::json& engine : now.at("engines"))
    largest = std::max(largest, engine.at("credit").get<double>());
  return largest;
}

std::filesystem::path usual_connection_file() {
  // The driver has its own state directory (keep_apart in main.cpp).
  return std::filesystem::path(std::getenv("XDG_STATE_HOME")) / "muster" /
         std::getenv("MUSTER_PROFILE") / "default" / "connection.json";
}

std::chrono::nanoseconds Cluster::cpu_time() const {
  std::chrono::nanoseconds sum{};
  for (const pid_t pid : processes()) {
    // More exact than the ticks of 10 ms in /proc/PID/stat.
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) continue;
    sum += std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  return sum;
}

std::vector<pid_t> Cluster::processes() const {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    if (has_cookie(entry.path(), cookie_)) pids.push_back(std::stoi(name));
  }
  if (pids.empty()) throw std::runtime_error("the processes of the cluster aren't found");
  return pids;
}

}  // namespace muster::bench
