#pragma once
// Items of a map on their way into one task: read, encoded, and not submitted yet.

#include <cstddef>
#include <memory>
#include <span>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/item_outcomes.hpp>
#include <muster/detail/number_items.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// A map fills it and submits it, again and again. What is in it never waits for input that takes
/// its time: while the map's thread is in its input, the connection's own thread submits what has
/// been in a held batch for a millisecond.
class Batch {
 public:
  virtual ~Batch() = default;

  /// Takes the next item of the map, which has this index; those of one batch are neighbours. False
  /// when there is no room beside what was added since the last submit(). Throws TooLarge, with
  /// nothing added. When the item has an outcome the map's ItemOutcomes have it.
  virtual bool add(std::span<const std::byte> arguments, std::size_t index) = 0;
  /// Where more items can be added without a call. Only behind one that add() has taken, and until
  /// the next call of anything but hold().
  virtual RowSpace space() = 0;
  /// Leaves what was added to the connection's thread, unless submit() comes soon.
  virtual void hold() = 0;
  /// Submits all that is there, as one task; false, with everything as it was, when there is no
  /// room. Throws ConnectionLost, with which the items have ended then.
  virtual bool submit() = 0;
  /// Items that wait here.
  virtual std::size_t size() const = 0;
  /// Ends what has not been submitted as cancelled.
  virtual void withdraw() = 0;

 protected:
  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
};

/// An empty batch of one map, whose items name these values. Throws ClusterError without a
/// connection.
std::shared_ptr<Batch> make_batch(const std::shared_ptr<Connection>& connection, const Entry& entry,
                                  const ViewOptions& options,
                                  std::shared_ptr<ItemOutcomes> outcomes, BoundValues values);

}  // namespace muster::detail
