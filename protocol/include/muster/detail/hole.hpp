#pragma once
// An argument that isn't there yet: the result of another task, which the cluster puts in.

#include <cstddef>
#include <memory>
#include <type_traits>

namespace muster::detail {

class Pending;

/// In a body of arguments, the result of `task` belongs at this place. A result's body is what the
/// argument's would be, so nobody has to know its type.
struct Hole {
  std::size_t at = 0;
  std::shared_ptr<Pending> task;
};

/// What a result of type Future gives; void when it is none. A specialisation also has
/// `static std::shared_ptr<Pending> task(const Future&)`.
template <class Future>
struct FutureOf {
  using Type = void;
};

template <class Argument>
inline constexpr bool is_future =
    !std::is_void_v<typename FutureOf<std::remove_cvref_t<Argument>>::Type>;

}  // namespace muster::detail
