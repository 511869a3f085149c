#pragma once
// The `muster` command with its libraries, as it is sent to hosts that don't have this build.

#include <filesystem>
#include <memory>
#include <string>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

class NodeBundle {
 public:
  /// Reads this program and its libraries. Throws std::runtime_error, std::system_error.
  NodeBundle();

  /// 64 hexadecimal digits that name this build with these libraries: the name of its directory in
  /// the cache of a host.
  const std::string& key() const { return key_; }
  /// The directory's content as tar(1) has it, made when it is first asked for. Throws as above.
  std::shared_ptr<const std::string> archive();

 private:
  std::string program_;
  std::string key_;
  std::shared_ptr<const std::string> archive_;
};

/// Where the bundles of this user are on a host; empty without a home.
std::filesystem::path bundle_directory();

/// For a process that runs from a bundle: while it holds this, nobody removes the bundle. None when
/// it doesn't.
wire::Descriptor use_own_bundle();
/// The bundle, to be removed; none while somebody uses it, or when it is none.
wire::Descriptor claim_bundle(const std::filesystem::path& bundle);

}  // namespace muster::launcher
