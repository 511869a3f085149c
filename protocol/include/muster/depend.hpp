#pragma once
// A function that runs only on engines where a predicate holds.

#include <concepts>
#include <type_traits>
#include <typeinfo>

#include <muster/context.hpp>
#include <muster/detail/signature.hpp>

namespace muster {
namespace detail {

/// Throws the UnmetDependency that an engine's answer is. `predicate`: the type of its Constant.
[[noreturn]] void throw_unmet(const std::type_info& predicate, int engine);

template <class P>
concept EnginePredicate = std::predicate<const P&> || std::predicate<const P&, const Context&>;

// Hidden, as what it calls: see signature.hpp.
#pragma GCC visibility push(hidden)

template <auto Predicate, auto F, class Result, class Arguments>
struct Depending;

template <auto Predicate, auto F, class Result, class... Arguments>
struct Depending<Predicate, F, Result, List<Arguments...>> {
  static Result call(const Context& context, Arguments... arguments) {
    if (!holds(context)) throw_unmet(typeid(Constant<Predicate>), context.engine());
    return Constant<F>::make()(static_cast<Arguments&&>(arguments)...);
  }

 private:
  static bool holds(const Context& context) {
    if constexpr (std::predicate<const decltype(Predicate)&>) {
      return static_cast<bool>(Predicate());
    } else {
      return static_cast<bool>(Predicate(context));
    }
  }
};

template <auto Predicate, auto F>
struct DependingOn {
  static_assert(EnginePredicate<decltype(Predicate)>,
                "depend<predicate, f>: the predicate takes nothing, or a const muster::Context&, "
                "and says whether f can run there");
  using Shape = ShapeOf<std::remove_cvref_t<decltype(F)>>;
  using Type = Depending<Predicate, F, typename Shape::Result, typename Shape::Arguments>;
};

#pragma GCC visibility pop

}  // namespace detail

/// `view.apply<muster::depend<has_gpu, simulate>>(x)` is `view.apply<simulate>(x)` on an engine
/// where has_gpu() is true: each engine that is tried calls it first, there, and where it is false
/// the task goes to another one, as when it throws UnmetDependency itself, which says more. A map
/// may have it, too. The predicate is a function or a lambda without captures that takes nothing or
/// a const Context&; what it throws ends the task. (ipyparallel's @depend.)
template <auto Predicate, auto F>
inline constexpr auto depend = &detail::DependingOn<Predicate, F>::Type::call;

}  // namespace muster
