#pragma once
// Several results at a time, in coroutines and out of them.

#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/coroutine.hpp>
#include <muster/error.hpp>
#include <muster/outcome.hpp>

namespace muster {

namespace detail {

/// A result or a coroutine.
template <class A>
concept Awaitable = requires(A&& awaited) {
  std::forward<A>(awaited).operator co_await();
};

/// What co_await gives for it.
template <Awaitable A>
using AwaitedBy = decltype(std::declval<A>().operator co_await().await_resume());
template <Awaitable A>
using OutcomeBy = Outcome<AwaitedBy<A>>;

/// A handle that calls back.
template <class R>
concept CallsBack = requires(const R& result) {
  result.on_done([] {});
};

template <Awaitable A>
Coroutine<void> await_into(A awaited, std::optional<OutcomeBy<A>>& outcome) {
  try {
    if constexpr (std::is_void_v<AwaitedBy<A>>) {
      co_await std::move(awaited);
      outcome.emplace(std::monostate{});
    } else {
      outcome.emplace(co_await std::move(awaited));
    }
  } catch (...) {
    outcome.emplace(std::current_exception());
  }
}

template <class T>
void keep_failure(std::vector<CompositeError::Part>& failures, std::size_t index,
                  const std::optional<Outcome<T>>& outcome) {
  if (!outcome->successful()) failures.push_back({index, outcome->error()});
}

}  // namespace detail

/// Of several results or coroutines of any types: a std::tuple of their values, when all have ended
/// (a std::monostate for one without). If one has failed its error is thrown then, if several have,
/// a CompositeError with all of them. To be awaited in a coroutine; elsewhere `.get()` blocks.
template <detail::Awaitable... A>
Coroutine<std::tuple<typename detail::OutcomeBy<A>::Value...>> when_all(A... awaited) {
  std::tuple<std::optional<detail::OutcomeBy<A>>...> outcomes;
  auto begin = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Coroutine<void>, sizeof...(A)>{
        detail::await_into<A>(std::move(awaited), std::get<I>(outcomes))...};
  };
  auto each = begin(std::index_sequence_for<A...>{});
  for (Coroutine<void>& one : each)
    co_await std::move(one);

  std::vector<CompositeError::Part> failures;
  std::size_t index = 0;
  std::apply(
      [&](const auto&... outcome) { (detail::keep_failure(failures, index++, outcome), ...); },
      outcomes);
  detail::throw_failures(std::move(failures));
  co_return std::apply(
      [](auto&... outcome) {
        return std::tuple<typename detail::OutcomeBy<A>::Value...>(std::move(*outcome).value()...);
      },
      outcomes);
}

/// Of a vector: a std::vector of the values, in its order (of std::monostate for those without).
template <detail::Awaitable A>
Coroutine<std::vector<typename detail::OutcomeBy<A>::Value>> when_all(std::vector<A> awaited) {
  std::vector<std::optional<detail::OutcomeBy<A>>> outcomes(awaited.size());
  std::vector<Coroutine<void>> each;
  for (std::size_t i = 0; i < awaited.size(); ++i)
    each.push_back(detail::await_into<A>(std::move(awaited[i]), outcomes[i]));
  for (Coroutine<void>& one : each)
    co_await std::move(one);

  std::vector<CompositeError::Part> failures;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    detail::keep_failure(failures, i, outcomes[i]);
  detail::throw_failures(std::move(failures));
  std::vector<typename detail::OutcomeBy<A>::Value> values;
  values.reserve(outcomes.size());
  for (auto& outcome : outcomes)
    values.push_back(std::move(*outcome).value());
  co_return values;
}

/// The place of the result that ends first, in whichever way, of a range of results; the others go
/// on. To be awaited in a coroutine; elsewhere `.get()` blocks. Throws ClusterError when there is
/// none.
template <std::ranges::input_range Range>
requires detail::CallsBack<std::ranges::range_value_t<Range>> Coroutine<std::size_t> when_any(
    const Range& results) {
  const auto first = std::make_shared<detail::CoroutineState<std::size_t>>();
  std::size_t index = 0;
  for (const auto& result : results) {
    result.on_done([first, place = index++] {
      if (!first->claim()) return;
      first->outcome.template emplace<1>(place);
      first->announce();
    });
  }
  if (index == 0) throw ClusterError("when_any: there are no results to wait for");
  return Coroutine<std::size_t>(first);
}

/// The same for results of any types.
template <detail::CallsBack... R>
requires(sizeof...(R) > 1) Coroutine<std::size_t> when_any(const R&... results) {
  const auto first = std::make_shared<detail::CoroutineState<std::size_t>>();
  std::size_t index = 0;
  const auto tell = [&](const auto& result) {
    result.on_done([first, place = index++] {
      if (!first->claim()) return;
      first->outcome.template emplace<1>(place);
      first->announce();
    });
  };
  (tell(results), ...);
  return Coroutine<std::size_t>(first);
}

}  // namespace muster
