#pragma once
// Which running cluster a client wants.

#include <chrono>
#include <filesystem>
#include <string>

namespace muster {

struct ClientOptions {
  std::string profile{};         ///< empty: $MUSTER_PROFILE, else "default"
  std::string cluster_id{};      ///< empty: $MUSTER_CLUSTER_ID, else "default"
  std::filesystem::path file{};  ///< a connection file; when set, the two above aren't used
  std::chrono::nanoseconds wait = std::chrono::seconds(10);  ///< for the connection file to appear
};

}  // namespace muster
