#pragma once
// What a controller's successor has to know of locks, counters and queues, on disk: commons.journal
// in the cluster's directory. A controller that is killed loses nothing of it, for what it wrote is
// the kernel's then; with the host the cluster ends, so nobody waits for the disk.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "controller/commons.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {

class CommonsJournal {
 public:
  /// A new one. Throws std::runtime_error; so do all members.
  CommonsJournal(std::filesystem::path file, const wire::Uuid& cluster);
  /// That of the controller before. Throws also when it isn't there, or is another cluster's.
  CommonsJournal(std::filesystem::path file, const wire::Uuid& cluster,
                 controller::Commons& left_behind);

  /// wire::CommonsEvents, written when it returns. Now and then it is made short: `state` gives the
  /// wire::CommonsState that stands for all of them.
  void keep(const std::vector<detail::Buffer>& events,
            const std::function<detail::Buffer()>& state);

 private:
  void begin_with(const controller::Commons& state);
  void replace(std::span<const std::byte> state);

  std::filesystem::path file_;
  wire::Uuid cluster_;
  wire::Descriptor descriptor_;
  std::uint64_t bytes_ = 0;        // that it has
  std::uint64_t state_bytes_ = 0;  // of these the state at its begin
};

/// In the directory of a cluster.
inline constexpr const char* commons_journal_name = "commons.journal";

}  // namespace muster::launcher
