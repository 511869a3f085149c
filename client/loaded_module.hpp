#pragma once
// The file of a task module, or of another program: what a client says of it, and sends to hosts
// that don't have it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <muster/detail/buffer.hpp>
#include <muster/detail/module_pointer.hpp>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"
#include "protocol/module_image.hpp"

namespace muster::detail {

class LoadedModule {
 public:
  /// Reads it whole. Throws ClusterError when it can't be read, or is none.
  static ModulePtr open(const std::filesystem::path& file);

  /// The same of an open file, which may not have a path that leads to it.
  static ModulePtr of(wire::Descriptor file, const std::filesystem::path& path);

  const wire::Digest& digest() const { return digest_; }
  const wire::ModuleImage& description() const { return description_; }
  /// Also when the file was replaced or deleted. Any thread.
  Buffer read(std::uint64_t offset, std::uint32_t bytes) const;

 private:
  LoadedModule() = default;

  wire::Descriptor file_;
  wire::Digest digest_;
  wire::ModuleImage description_;
};

}  // namespace muster::detail
