#pragma once
// What this process executes, for hosts that don't have it: the controller asks for parts of it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/identity.hpp"
#include "protocol/lane.hpp"
#include "protocol/record.hpp"

namespace muster::client {

/// So many bytes of the file of this digest, from there. Fewer when it can't be read.
using ReadFile = std::function<detail::Buffer(const wire::Digest& file, std::uint64_t offset,
                                              std::uint32_t bytes)>;

/// Answers a `fetch` with a `part`.
void send_part(const wire::Record& fetch, const ReadFile& read, wire::Lane& lane);

/// The image of this process, found once and kept.
class OwnImage {
 public:
  /// Reads the whole program. Throws ClusterError when /proc isn't mounted.
  static const OwnImage& get();

  const wire::Digest& digest() const { return digest_; }
  const std::string& path() const { return parts_.front().path; }
  const std::vector<wire::ImagePart>& parts() const { return parts_; }
  /// Any thread.
  detail::Buffer read(const wire::Digest& file, std::uint64_t offset, std::uint32_t bytes) const;

 private:
  OwnImage();
  void add_bundled_libraries(const std::string& program);

  wire::Digest digest_;
  std::vector<wire::ImagePart> parts_;
};

}  // namespace muster::client
