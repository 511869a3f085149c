#pragma once
// The files of simulated images: which bytes they have, who reads them with what damage, and how
// they are put together where they arrive.

#include <cstdint>
#include <functional>
#include <map>

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "tests/simulation/world.hpp"

namespace muster::simulation {

wire::Digest image_number(std::uint8_t number);
/// What an image consists of: one file, of a few parts.
wire::ImagePart part_of(const wire::Digest& image);
detail::Buffer true_bytes(const wire::Digest& file, std::uint64_t offset, std::size_t bytes);

struct Files {
  unsigned far = 0;      ///< percent of the hosts that can't open a file
  unsigned damaged = 0;  ///< percent of the parts that are read wrong, up to two of a file: a file
                         ///< that arrives wrong three times is given up, rightly
  unsigned interrupted = 0;  ///< percent of the parts on whose way something ends
  unsigned interruptions = 0;
  std::map<wire::Digest, unsigned> damages;
  /// Set by whoever can do it: the client that sends a part, or the node that gets one.
  std::function<void(std::size_t)> interrupt_client;
  std::function<void(std::size_t)> interrupt_node;
  std::uint64_t parts_read = 0;

  bool is_far(World& world) const { return far > 0 && world.random.chance(far); }
  /// Few enough that transfers end.
  bool is_interrupted(World& world) {
    if (interrupted == 0 || interruptions == 8 || !world.random.chance(interrupted)) return false;
    ++interruptions;
    return true;
  }
  detail::Buffer read(World& world, const wire::Digest& file, std::uint64_t offset,
                      std::size_t bytes);
};

/// Files that one process has received.
class Depot {
 public:
  void write(const wire::Digest& file, std::uint64_t offset, wire::Bytes bytes);
  /// The digest of what is there: the file's own if it is right.
  wire::Digest digest_of(const wire::Digest& file) const;
  bool has(const wire::Digest& file) const { return files_.contains(file); }
  void forget(const wire::Digest& file) { files_.erase(file); }

 private:
  struct Arrived {
    std::uint64_t bytes = 0;
    std::map<std::uint64_t, bool> parts;  ///< by offset: whether its bytes are right
  };
  std::map<wire::Digest, Arrived> files_;
};

}  // namespace muster::simulation
