#pragma once
// What a value is kept as when it has to live by itself: views become what they see.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace muster::detail {

template <class T>
struct OwnedOf {
  using Type = T;
};
template <>
struct OwnedOf<std::string_view> {
  using Type = std::string;
};
template <>
struct OwnedOf<const char*> {
  using Type = std::string;
};
template <>
struct OwnedOf<char*> {
  using Type = std::string;
};
template <class T, std::size_t N>
struct OwnedOf<std::span<T, N>> {
  using Type = std::vector<std::remove_const_t<T>>;
};

/// `T` may be a reference or an array.
template <class T>
using Owned = typename OwnedOf<std::decay_t<T>>::Type;

/// A value, given as `View` or as what converts to it, that lives by itself.
template <class View, class Value>
Owned<View> owned(Value&& value) {
  using Kept = Owned<View>;
  if constexpr (std::is_convertible_v<Value, Kept>) {
    return std::forward<Value>(value);
  } else {
    const std::decay_t<View> view = std::forward<Value>(value);
    return Kept(view.begin(), view.end());
  }
}

}  // namespace muster::detail
