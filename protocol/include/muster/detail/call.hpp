#pragma once
// Is this a call that can be made? The compiler's answer, in one sentence.

#include <type_traits>

#include <muster/detail/by_name.hpp>
#include <muster/detail/hole.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/signature.hpp>
#include <muster/transportable.hpp>

namespace muster::detail {

/// What is wrong with a call; the first that applies, in this order.
enum class Verdict {
  good,
  run_time_function,  ///< a function as a value: its type doesn't say which function it is
  captures,
  indefinite,  ///< a generic lambda or an overloaded call operator
  mutable_reference,
  pointer,
  parameter,  ///< of a type that can't travel
  view_result,
  result,  ///< of a type that can't travel
  wrong_number,
  future,    ///< a task's result of another type than its parameter
  bound,     ///< a bound value of another type than its parameter
  argument,  ///< doesn't convert to its parameter
};

template <class P>
constexpr Verdict parameter_verdict() {
  using T = std::remove_cvref_t<P>;
  if constexpr (injected<P>) {
    return Verdict::good;
  } else if constexpr (std::is_lvalue_reference_v<P> &&
                       !std::is_const_v<std::remove_reference_t<P>>) {
    return Verdict::mutable_reference;
  } else if constexpr (is_span<T>) {
    if (!std::is_const_v<typename T::element_type>) return Verdict::mutable_reference;
    return Transportable<T> ? Verdict::good : Verdict::parameter;
  } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T>) {
    return Verdict::pointer;
  } else {
    return Transportable<T> && std::is_move_constructible_v<T> ? Verdict::good : Verdict::parameter;
  }
}

template <class... P>
constexpr Verdict parameters_verdict(List<P...>) {
  Verdict verdict = Verdict::good;
  ((verdict = verdict == Verdict::good ? parameter_verdict<P>() : verdict), ...);
  return verdict;
}

template <class R>
constexpr Verdict result_verdict() {
  if constexpr (std::is_void_v<R>) {
    return Verdict::good;
  } else if constexpr (HoldsView<R>::value) {
    return Verdict::view_result;
  } else {
    return Transportable<R> && std::is_move_constructible_v<R> ? Verdict::good : Verdict::result;
  }
}

/// Of the function alone, without the arguments of one call.
template <class Task>
constexpr Verdict task_verdict() {
  using F = typename Task::Callable;
  if constexpr (!Task::complete && (std::is_pointer_v<F> || std::is_member_pointer_v<F>)) {
    return Verdict::run_time_function;
  } else if constexpr (!Task::complete) {
    return Verdict::captures;
  } else if constexpr (!HasShape<F>) {
    return Verdict::indefinite;
  } else {
    const Verdict parameters = parameters_verdict(ParametersOf<Task>{});
    return parameters != Verdict::good ? parameters : result_verdict<ResultOf<Task>>();
  }
}

/// A parameter T&& takes copies too: what it binds to was made by the engine anyway.
template <class P>
using Accepted = std::conditional_t<std::is_rvalue_reference_v<P>, std::remove_reference_t<P>, P>;

/// A result is put in as it was encoded, so there is nothing that could convert it.
template <class P, class Argument>
constexpr Verdict argument_verdict() {
  if constexpr (is_reference<Argument>) {
    return Verdict::good;
  } else if constexpr (is_future<Argument>) {
    using Value = typename FutureOf<std::remove_cvref_t<Argument>>::Type;
    return std::is_same_v<Owned<P>, Value> ? Verdict::good : Verdict::future;
  } else if constexpr (is_same_value<Argument>) {
    using Value = typename SameOf<std::remove_cvref_t<Argument>>::Type;
    return std::is_same_v<Owned<P>, Value> ? Verdict::good : Verdict::bound;
  } else {
    return std::is_convertible_v<Argument, Accepted<P>> ? Verdict::good : Verdict::argument;
  }
}

template <class... P, class... Arguments>
constexpr Verdict arguments_verdict(List<P...>, List<Arguments...>) {
  if constexpr (sizeof...(P) != sizeof...(Arguments)) {
    return Verdict::wrong_number;
  } else {
    Verdict verdict = Verdict::good;
    ((verdict = verdict == Verdict::good ? argument_verdict<P, Arguments>() : verdict), ...);
    return verdict;
  }
}

template <class Task, class... Arguments>
constexpr Verdict call_verdict() {
  constexpr Verdict verdict = task_verdict<Task>();
  if constexpr (verdict != Verdict::good) {
    return verdict;
  } else {
    return arguments_verdict(SentParametersOf<Task>{}, List<Arguments...>{});
  }
}

/// The same for a task of which only the effect is wanted: what it returns may be anything.
template <class Task, class... Arguments>
constexpr Verdict effect_verdict() {
  constexpr Verdict verdict = task_verdict<Task>();
  if constexpr (verdict != Verdict::good && verdict != Verdict::result &&
                verdict != Verdict::view_result) {
    return verdict;
  } else {
    return arguments_verdict(SentParametersOf<Task>{}, List<Arguments...>{});
  }
}

/// Stands in for the future result of a call that was refused, and for what one gets from it, so
/// that no second error follows the first. Never defined, because it never runs.
struct Refused {
  template <class T>
  operator T() const;
  Refused get(auto...) const;
  Refused wait_for(auto) const;
  Refused wait() const;
  Refused ready() const;
  Refused successful() const;
  Refused cancel() const;
  Refused info() const;
};

/// The sentence for a verdict, as the first error that the user sees. (It returns `auto` so that
/// the compiler comes to the sentence at once, not at the end of the translation unit.)
template <Verdict verdict>
constexpr auto refuse_mistakes() {
  static_assert(verdict != Verdict::run_time_function,
                "write apply<f>(...): a task is named when the program is compiled, a pointer to a "
                "function doesn't say which one it is");
  static_assert(verdict != Verdict::captures,
                "a task may not capture: pass what it needs as arguments");
  static_assert(verdict != Verdict::indefinite,
                "a task needs one definite signature: choose it with muster::as<int(int)>(f)");
  static_assert(verdict != Verdict::mutable_reference,
                "a task cannot take a mutable reference: return the new value");
  static_assert(verdict != Verdict::pointer,
                "a task cannot take a pointer: pass the value, or a std::span<const T>");
  static_assert(verdict != Verdict::parameter,
                "a task's parameter is of a type that cannot travel: give it MSGPACK_DEFINE");
  static_assert(verdict != Verdict::view_result,
                "a task returns a value, not a pointer or a view into the engine");
  static_assert(verdict != Verdict::result,
                "a task's result is of a type that cannot travel: give it MSGPACK_DEFINE");
  static_assert(verdict != Verdict::wrong_number, "wrong number of arguments for this task");
  static_assert(verdict != Verdict::future,
                "a task's result as an argument has to be of the parameter's own type: return that "
                "type, or get() the value");
  static_assert(
      verdict != Verdict::bound,
      "a bound value has to be of the parameter's own type: write muster::same<T>(value)");
  static_assert(verdict != Verdict::argument, "argument does not convert to the task's parameter");
}

}  // namespace muster::detail
