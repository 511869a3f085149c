#pragma once
// Which item of a map an error belongs to.

#include <cstddef>
#include <exception>
#include <optional>

namespace muster {

/// A second base of the errors that a map throws for one of its items, beside TaskError, Cancelled
/// and so on, whose type, details and nested exception they keep; what() begins with "item 7: ", or
/// with "items 7 to 9: " where the three were one call (map_chunks, fold), and index() is the
/// first. ConnectionLost has it never, because it is no item's own, and neither has what the
/// program's own input threw.
class ItemError {
 public:
  explicit ItemError(std::size_t index) noexcept : index_(index) {}

  /// Counted in the order of the input, from 0.
  std::size_t index() const noexcept { return index_; }

 protected:
  ~ItemError() = default;

 private:
  std::size_t index_;
};

/// The index of the item that this error belongs to; nothing when it belongs to none.
std::optional<std::size_t> item_of(const std::exception& error) noexcept;

namespace detail {

/// Throws the exception that is being handled again, as the error of this item. Requires: called
/// from within a catch block.
[[noreturn]] void rethrow_for_item(std::size_t index);
/// The same for what concerns `count` neighbours, of which `index` is the first.
[[noreturn]] void rethrow_for_items(std::size_t index, std::size_t count);

}  // namespace detail
}  // namespace muster
