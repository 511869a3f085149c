#include "bench/driver/machine.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>

#include <fmt/chrono.h>
#include <sched.h>

namespace muster::bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpu = cpu_model();
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0) machine.cores = CPU_COUNT(&usable);
  ::getloadavg(&machine.load, 1);
  machine.date =
      fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::chrono::system_clock::now()));
  return machine;
}

}  // namespace muster::bench
