#pragma once
// A task some of whose parameters are given by name, that of a pushed value or of a bound one: a
// task of its own, whose parameters there are the names, and which the engine's values stand in
// for.

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <muster/context.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/value_body.hpp>
#include <muster/reference.hpp>
#include <muster/same.hpp>

namespace muster::detail {

template <class Argument>
inline constexpr bool is_reference = std::is_same_v<std::remove_cvref_t<Argument>, Reference>;

/// Takes the place of a parameter P that is given by the name of a pushed value.
template <class P>
struct Named;
/// The same for a bound value.
template <class P>
struct Bound;

/// What an argument A makes of a parameter P: itself, or one of the above.
template <class P, class A>
using FilledBy = std::conditional_t<is_reference<A>, Named<P>,
                                    std::conditional_t<is_same_value<A>, Bound<P>, P>>;

/// The parameters as the caller of these arguments fills them.
template <class Parameters, class Arguments, class Filled = List<>>
struct Filling;
template <class... Filled>
struct Filling<List<>, List<>, List<Filled...>> {
  using Type = List<Filled...>;
};
template <class P, class... Parameters, class... Arguments, class... Filled>
requires injected<P>
struct Filling<List<P, Parameters...>, List<Arguments...>, List<Filled...>>
    : Filling<List<Parameters...>, List<Arguments...>, List<Filled..., P>> {
};
template <class P, class... Parameters, class A, class... Arguments, class... Filled>
requires(
    !injected<P>) struct Filling<List<P, Parameters...>, List<A, Arguments...>, List<Filled...>>
    : Filling<List<Parameters...>, List<Arguments...>, List<Filled..., FilledBy<P, A>>> {
};

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// How a parameter gets from the caller's to the task's.
template <class P>
struct Passage {
  using Given = P&&;
  static P&& pass(const Context&, P&& given) { return static_cast<P&&>(given); }
};

/// What is kept on the engine, as a parameter takes it.
template <class P>
decltype(auto) passed_to(const Owned<std::remove_cvref_t<P>>& kept) {
  using T = std::remove_cvref_t<P>;
  if constexpr (!std::is_same_v<T, Owned<T>>) {
    if constexpr (is_span<T>) {
      if (T::extent != std::dynamic_extent && T::extent != kept.size()) throw_unexpected_value();
    }
    return T(kept);
  } else if constexpr (std::is_lvalue_reference_v<P>) {
    return (kept);
  } else {
    static_assert(std::is_copy_constructible_v<T>,
                  "a value that can't be copied is taken as const T& where a muster::Reference or "
                  "muster::same stands for it");
    return T(kept);
  }
}

template <class P>
struct Passage<Named<P>> {
  using Given = const std::string&;

  static decltype(auto) pass(const Context& context, const std::string& name) {
    return passed_to<P>(context.values().get<Owned<std::remove_cvref_t<P>>>(name));
  }
};

template <class P>
struct Passage<Bound<P>> {
  using Given = std::string_view;

  static decltype(auto) pass(const Context& context, std::string_view name) {
    using T = std::remove_cvref_t<P>;
    // Seen where it lies: decoded it would take memory in each process of the host.
    if constexpr (is_span<T> && RawVector<Owned<T>>) {
      const auto numbers = context.values().bound_array<typename Owned<T>::value_type>(name);
      if (T::extent != std::dynamic_extent && T::extent != numbers.size()) throw_unexpected_value();
      return T(numbers.begin(), numbers.end());
    } else {
      return passed_to<P>(context.values().bound<Owned<T>>(name));
    }
  }
};

template <class Task, class Parameters>
struct NamedCall;
template <class Task, class... P>
struct NamedCall<Task, List<P...>> {
  typename ShapeOf<typename Task::Callable>::Result operator()(
      Context& context, typename Passage<P>::Given... given) const {
    auto callable = Task::make();
    return callable(Passage<P>::pass(context, static_cast<typename Passage<P>::Given>(given))...);
  }
};

#pragma GCC visibility pop

/// The task that a call with these arguments names. (`Given`, because g++ 12 takes the Arguments of
/// a Shape for a pack of that name.)
template <class Task, class... Given>
struct CalledTask {
  using Type = Task;
};
template <class Task, class... Given>
requires((is_reference<Given> || is_same_value<Given>) || ...) struct CalledTask<Task, Given...> {
  using Type =
      Stateless<NamedCall<Task, typename Filling<ParametersOf<Task>, List<Given...>>::Type>>;
};

/// What travels for an argument.
template <class Argument>
decltype(auto) sent_for(Argument&& argument) {
  if constexpr (is_reference<Argument>) {
    return (argument.name);
  } else if constexpr (is_same_value<Argument>) {
    return std::string_view(argument.value()->name);
  } else {
    return std::forward<Argument>(argument);
  }
}

}  // namespace muster::detail
