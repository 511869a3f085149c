#pragma once
// Items of a map that are numbers, written into a row (protocol/item_row.hpp) one after the other
// without a call for each: calls would take most of the time of a map of quick items.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <muster/detail/numbers.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

/// Where the items of a row go.
struct RowSpace {
  std::byte* row = nullptr;
  std::size_t room = 0;  ///< bytes of the row in all
  /// What is written and may be read by others: items in the upper half, bytes in the lower one.
  std::atomic<std::uint64_t>* added = nullptr;
  /// Somebody else looks after what was added: when that isn't so any more, who adds has to say
  /// that there is something (Batch::hold).
  const std::atomic<bool>* held = nullptr;

  std::size_t left() const {
    return room - static_cast<std::uint32_t>(added->load(std::memory_order_relaxed));
  }
};

/// What such an item takes at most in its row: head, array, numbers.
template <class Parameters>
inline constexpr std::size_t number_item_max = 0;
template <class... Parameters>
inline constexpr std::size_t number_item_max<List<Parameters...>> = 2 + 1 +
                                                                    number_bytes_max *
                                                                        sizeof...(Parameters);

/// Writes one item. Requires number_item_max bytes of room. Returns what it took.
template <class... Parameters, class... Arguments>
std::size_t write_number_item(std::byte* to, List<Parameters...>, Arguments&&... arguments) {
  std::byte* at = to + 2;
  *at++ = static_cast<std::byte>(0x90 | sizeof...(Parameters));
  const auto put = [&at]<class T>(T number) { at = put_number(at, number); };
  // Converted as a call would convert them.
  (put(std::remove_cvref_t<Parameters>(std::forward<Arguments>(arguments))), ...);
  const auto bytes = static_cast<std::size_t>(at - to);
  to[0] = std::byte{0xc4};
  to[1] = static_cast<std::byte>(bytes - 2);
  return bytes;
}

}  // namespace muster::detail
