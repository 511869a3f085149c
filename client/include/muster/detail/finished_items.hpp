#pragma once
// The items of a map that an earlier run of the program has finished (ViewOptions::resume).

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/item_outcomes.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// For the thread that uses the map.
class FinishedItems {
 public:
  virtual ~FinishedItems() = default;

  /// The value of this item, if it is known; otherwise it is expected among what is noted. Throws
  /// TokenReuse when the item was another call, ClusterError when the file can't be read.
  virtual std::optional<Buffer> find(std::size_t index, std::span<const std::byte> arguments) = 0;
  /// An item, or a row of them, has ended.
  virtual void note(const ItemOutcome& outcome) = 0;
  /// Writes the values that were noted.
  virtual void write() = 0;

 protected:
  FinishedItems() = default;
  FinishedItems(const FinishedItems&) = delete;
  FinishedItems& operator=(const FinishedItems&) = delete;
};

/// Null when the options name no file. Throws ClusterError for one that can't be used.
std::shared_ptr<FinishedItems> finished_items(const ViewOptions& options, const Entry& entry);

}  // namespace muster::detail
