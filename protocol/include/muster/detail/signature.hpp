#pragma once
// What the compiler knows about a task: its parameters, its result, and which of the parameters the
// engine supplies.

#include <cstddef>
#include <span>
#include <stop_token>
#include <type_traits>

#ifndef __cpp_rtti
#error "Muster needs run-time type information: a task's name is its type's; leave out -fno-rtti"
#endif

namespace muster {
class Context;
template <auto F>
class Fn;
}  // namespace muster

namespace muster::detail {

template <class... T>
struct List {
  static constexpr std::size_t size = sizeof...(T);
};

template <class Return, class... Parameters>
struct Shape {
  using Result = Return;
  using Arguments = List<Parameters...>;
};

/// The Shape of a function, a function pointer, or an object with one call operator; undefined for
/// everything else.
template <class F>
struct ShapeOf;

template <class R, class... P>
struct ShapeOf<R (*)(P...)> : Shape<R, P...> {};
template <class R, class... P>
struct ShapeOf<R (*)(P...) noexcept> : Shape<R, P...> {};

template <class Member>
struct CallShape {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...)> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...) noexcept> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...) const> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...) const noexcept> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...)&> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...)& noexcept> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...) const&> : Shape<R, P...> {};
template <class C, class R, class... P>
struct CallShape<R (C::*)(P...) const& noexcept> : Shape<R, P...> {};

template <class F>
requires requires {
  &F::operator();
}
struct ShapeOf<F> : CallShape<decltype(&F::operator())> {};

/// A definite signature is known: no overloads, no `auto` parameters.
template <class F>
concept HasShape = requires {
  typename ShapeOf<std::remove_cvref_t<F>>::Result;
};

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// The task that is a constant: a function, or a function object with or without values in it. The
/// type's own name is the task's name, so the constant is part of it.
template <auto F>
struct Constant {
  using Callable = std::remove_cvref_t<decltype(F)>;
  static constexpr bool complete = true;  ///< the type alone says all that the object holds

  // A copy, because a constant is const and a lambda may be mutable.
  static Callable make() { return F; }
};

/// The task that is a type: a lambda without captures, a function object without state.
template <class F>
struct Stateless {
  using Callable = F;
  static constexpr bool complete = std::is_empty_v<F> && std::is_default_constructible_v<F>;

  static Callable make() { return F{}; }
};

#pragma GCC visibility pop

/// The task that a value of this type is: a lambda, a function object, or muster::fn<f>.
template <class F>
struct TaskOfValue {
  using Type = Stateless<F>;
};
template <auto F>
struct TaskOfValue<Fn<F>> {
  using Type = Constant<F>;
};
template <class F>
using TaskOf = typename TaskOfValue<F>::Type;

template <class Task>
using ParametersOf = typename ShapeOf<typename Task::Callable>::Arguments;

/// What a caller gets: references decay to the value that they refer to.
template <class Task>
using ResultOf = std::remove_cvref_t<typename ShapeOf<typename Task::Callable>::Result>;

/// The engine supplies this parameter; the caller passes nothing for it.
template <class P>
inline constexpr bool injected = std::is_same_v<std::remove_cvref_t<P>, Context> ||
                                 std::is_same_v<std::remove_cvref_t<P>, std::stop_token>;

/// The parameters that travel, in their order.
template <class Parameters, class Kept = List<>>
struct Sent;
template <class... Kept>
struct Sent<List<>, List<Kept...>> {
  using Type = List<Kept...>;
};
template <class First, class... Rest, class... Kept>
struct Sent<List<First, Rest...>, List<Kept...>>
    : Sent<List<Rest...>,
           std::conditional_t<injected<First>, List<Kept...>, List<Kept..., First>>> {};

template <class Task>
using SentParametersOf = typename Sent<ParametersOf<Task>>::Type;

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t N>
inline constexpr bool is_span<std::span<T, N>> = true;

}  // namespace muster::detail
