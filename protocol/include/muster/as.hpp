#pragma once
// How a user picks one signature of several: `view.apply<muster::as<int(int)>(f)>(3)`.

#include <type_traits>
#include <utility>

namespace muster {

namespace detail {

/// A function object (a generic lambda, say) seen as one definite signature. It is the object, so
/// that what the object captured is seen and refused where it is used.
template <class Signature, class F>
struct Typed;

template <class Result, class... Parameters, class F>
struct Typed<Result(Parameters...), F> : F {
  Result operator()(Parameters... parameters) {
    return static_cast<F&>(*this)(std::forward<Parameters>(parameters)...);
  }
};

}  // namespace detail

/// The overload of a function that has this signature, as a constant for `apply<…>` and `map<…>`.
template <class Signature>
requires std::is_function_v<Signature>
constexpr Signature* as(Signature* function) noexcept {
  return function;
}

/// A generic lambda or a function object without state, with this signature; for
/// `apply(muster::as<int(int)>([](auto x) { … }), 3)`.
template <class Signature, class F>
requires(std::is_function_v<Signature>&&
             std::is_class_v<F>) constexpr detail::Typed<Signature, F> as(F function) {
  return {std::move(function)};
}

}  // namespace muster
