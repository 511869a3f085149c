#pragma once
// What is submitted to a batch system.

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/batch_system.hpp"

namespace muster::launcher {

/// What the user wants of the system, and what the job is to run.
struct JobRequest {
  int engines = 0;      ///< all in all
  int blocks = 1;       ///< in so many equal parts
  std::string queue{};  ///< the user's words, as the system takes them; may be empty
  std::string account{};
  std::string qos{};
  std::string time{};
  std::string gres{};
  std::string notice{};  ///< so many seconds before its end the job is to be told; or empty
  std::vector<std::string> arguments{};  ///< each is one more line of the script's head
  std::string name{};                    ///< of the job
  std::filesystem::path logs{};          ///< the directory for what the job says
  std::filesystem::path program{};       ///< `muster`, on a disk that all hosts see
  std::vector<std::string> node{};       ///< its arguments there
};

/// `file` is the user's template; empty: the system's own. Throws std::invalid_argument for a
/// placeholder that it doesn't know, std::runtime_error for a file that can't be read.
std::string job_script(const BatchSystem& system, const JobRequest& request,
                       const std::filesystem::path& file);

}  // namespace muster::launcher
