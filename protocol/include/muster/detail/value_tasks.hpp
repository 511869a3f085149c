#pragma once
// The tasks by which a client works with an engine's values, and a task of which only the effect is
// wanted.

#include <string>
#include <type_traits>
#include <utility>

#include <muster/context.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class T>
struct PushValue {
  void operator()(Context& context, std::string name, T value) const {
    context.values().put<T>(std::move(name), std::move(value));
  }
};

template <class T>
struct PullValue {
  const T& operator()(Context& context, const std::string& name) const {
    return context.values().get<T>(name);
  }
};

struct ForgetValue {
  void operator()(Context& context, const std::string& name) const {
    context.values().forget(name);
  }
};

struct ForgetValues {
  void operator()(Context& context) const { context.values().forget_all(); }
};

/// What the function returns stays on the engine, whatever it is.
template <class Task, class Parameters = ParametersOf<Task>>
struct Effect;
template <class Task, class... P>
struct Effect<Task, List<P...>> {
  void operator()(P... parameters) const {
    auto callable = Task::make();
    static_cast<void>(callable(std::forward<P>(parameters)...));
  }
};

#pragma GCC visibility pop

/// The task of which only the effect is wanted.
template <class Task>
struct EffectOf {
  using Type = Stateless<Effect<Task>>;
};

}  // namespace muster::detail
