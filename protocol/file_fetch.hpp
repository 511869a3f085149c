#pragma once
// One file of an image on its way to this process: what to ask for next, what of the answers
// counts, and when it is whole. Without disk, sockets or clock; whoever has it writes what was
// taken.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/body.hpp"
#include "protocol/identity.hpp"
#include "protocol/limits.hpp"

namespace muster::wire {

/// The receiver asks for parts in their order and has a few requests out at a time, so a sender
/// keeps no state, and what else travels on the link is never behind more than a few parts.
class FileFetch {
 public:
  FileFetch(const Digest& digest, std::uint64_t bytes) : digest_(digest), bytes_(bytes) {}

  const Digest& digest() const { return digest_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t received() const { return received_; }
  bool whole() const { return received_ == bytes_; }

  /// What to ask for now.
  std::vector<Fetch> ask();
  /// What was asked for and isn't here won't come: the link is over, or another one sends.
  void ask_again() { asked_ = received_; }
  /// True when this part is the next one: write it there. Answers to older requests are not.
  bool take(std::uint64_t offset, std::size_t bytes);

  enum class Verdict {
    right,
    again,  ///< another file, damaged under way or where it came from: it is asked for from zero
    wrong,  ///< for the last time
  };
  /// Requires whole(). What has arrived has this digest.
  Verdict check(const Digest& found);

 private:
  Digest digest_;
  std::uint64_t bytes_;
  std::uint64_t received_ = 0;
  std::uint64_t asked_ = 0;
  unsigned wrong_ = 0;
};

}  // namespace muster::wire
