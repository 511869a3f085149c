#pragma once
// The connection file: what a program needs to find a running cluster. It is written by the
// launcher when the controller listens, and removed when the cluster ends.

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "protocol/identity.hpp"

namespace muster::wire {

struct ConnectionFile {
  static constexpr std::int64_t current_version = 1;

  std::int64_t version = current_version;
  Uuid uuid;
  std::string profile;
  std::string cluster_id;
  std::string client_endpoint;
  std::string engine_endpoint;
  std::string control_endpoint;
  std::string host;
  std::int64_t controller_pid = 0;
  std::int64_t launcher_pid = 0;
  std::int64_t engines = 0;  ///< how many were asked for
  std::int64_t created = 0;  ///< seconds since 1970, for people

  auto operator<=>(const ConnectionFile&) const = default;
};

/// Says what is wrong with the file and what to do.
class ConnectionFileError : public std::runtime_error {
 public:
  enum class Kind {
    missing,  ///< there is no such file: no cluster runs, or it is still starting
    refused,  ///< somebody else could have written or read it
    damaged,  ///< it isn't a connection file of this version
  };
  ConnectionFileError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// The content as text, one member a line.
std::string to_json(const ConnectionFile& file);

/// Atomic, mode 0600. Throws std::runtime_error.
void write_connection_file(const std::filesystem::path& path, const ConnectionFile& file);

/// Throws ConnectionFileError. Doesn't ask whether the cluster still runs.
ConnectionFile read_connection_file(const std::filesystem::path& path);

}  // namespace muster::wire
