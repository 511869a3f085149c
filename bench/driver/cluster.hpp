#pragma once
// A cluster of the driver's own, started and stopped with the muster command as a user would.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace muster::bench {

struct ClusterOptions {
  int engines = 4;
  int hwm = 0;            ///< 0: as the cluster chooses
  bool network = false;   ///< it listens on TCP, too, on the loopback interface
  bool one_core = false;  ///< all its processes stay on one CPU
};

/// Where programs find the cluster that runs now.
std::filesystem::path usual_connection_file();

/// Running while this object lives. Clients find it by MUSTER_PROFILE in the driver's environment.
class Cluster {
 public:
  Cluster(std::filesystem::path muster, const ClusterOptions& options);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  /// What `muster status --json` says.
  nlohmann::json status() const;
  /// The most that an engine may hold now, of all engines, as `muster status` says it.
  double largest_credit() const;

  /// The time on a CPU that all its processes have had so far.
  std::chrono::nanoseconds cpu_time() const;

 private:
  std::vector<pid_t> processes() const;

  std::filesystem::path muster_;
  std::string cookie_;  ///< in the environment of all its processes
};

}  // namespace muster::bench
