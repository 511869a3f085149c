#pragma once
// A task together with its first arguments, which travel once.

#include <tuple>
#include <type_traits>
#include <utility>

#include <muster/detail/owned.hpp>
#include <muster/detail/signature.hpp>
#include <muster/same.hpp>

namespace muster {

namespace detail {

/// What bind_front() makes. Any view takes it where it takes a function.
template <class Task, class... T>
struct BoundFront {
  std::tuple<Same<T>...> front;
};

/// A value that travels once; one that is bound already stays as it is.
template <class T>
auto bound(const T& value) {
  if constexpr (is_same_value<T>) {
    return value;
  } else {
    return same(value);
  }
}

template <class Task, class... Sames>
auto bound_front(Sames... sames) {
  return BoundFront<Task, typename SameOf<Sames>::Type...>{{std::move(sames)...}};
}

}  // namespace detail

/// A named function with its first arguments: `view.map(muster::bind_front<score>(model), xs)` is
/// `view.map<score>(muster::same(model), xs)`, and says so of all that same() says. The values
/// belong to the first parameters that travel (a Context& doesn't) and have to be of their own
/// types; what same() has made is taken, too. apply(), execute() and map() of any view take the
/// result, which is a cheap handle, as often as one likes; the other arguments follow.
template <auto F, class... T>
auto bind_front(const T&... values) {
  return detail::bound_front<detail::Constant<F>>(detail::bound(values)...);
}

/// The same for a lambda without captures, a function object without state, or muster::fn<f>.
template <class F, class... T>
auto bind_front(F, const T&... values) {
  return detail::bound_front<detail::TaskOf<F>>(detail::bound(values)...);
}

}  // namespace muster
