#pragma once
// Executes quick items of tasks that take and give numbers, in one loop with the user's function.

#include <concepts>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/numbers.hpp>
#include <muster/detail/run_items.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class Task>
inline constexpr bool runs_on_numbers = are_few_numbers<ParametersOf<Task>> &&
                                        (ShortNumber<ResultOf<Task>> ||
                                         std::same_as<ResultOf<Task>, bool> ||
                                         std::is_void_v<ResultOf<Task>>);

inline std::byte* put_result(std::byte* to, bool result) {
  *to = result ? std::byte{0xc3} : std::byte{0xc2};
  return to + 1;
}
template <ShortNumber T>
std::byte* put_result(std::byte* to, T result) {
  return put_number(to, result);
}

/// Nothing that depends on the value is computed before this, nor is it computed later: what a
/// function does to its process, a division by zero, too, is to happen while the page names it.
template <class T>
void pin(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

/// The engine is asked before the page is written again: a child that the function has forked, and
/// that returned from it, ends there, and the page is its parent's.
template <class Task, class... Parameters>
std::byte* call_with_numbers(List<Parameters...>, std::span<const std::byte> arguments,
                             NamedItem page, std::byte* to, Interruption interruption,
                             bool& asked) {
  BodyReader reader(arguments);
  reader.begin_array(sizeof...(Parameters));
  // Braces, because they alone promise the order of the parameters.
  std::tuple<std::remove_cvref_t<Parameters>...> values{
      read_value<std::remove_cvref_t<Parameters>>(reader)...};
  reader.end();
  pin(values);
  typename Task::Callable callable = Task::make();
  const auto call = [&](auto&... value) -> decltype(auto) {
    return callable(static_cast<Parameters&&>(value)...);
  };
  if constexpr (std::is_void_v<ResultOf<Task>>) {
    std::apply(call, values);
    asked = interruption.asked(interruption.engine);
    page.end();
    *to = std::byte{0xc0};
    return to + 1;
  } else {
    ResultOf<Task> result = std::apply(call, values);
    pin(result);
    asked = interruption.asked(interruption.engine);
    page.end();
    return put_result(to, result);
  }
}

/// The RunThunk of a task. An item that throws was claimed, and has not ended: the exception goes
/// through. Requires runs_on_numbers.
template <class Task>
RunStop run_numbers(RunItems& items, NamedItem page, Interruption interruption) {
  for (;;) {
    std::byte* const to = items.place(number_bytes_max);
    if (to == nullptr) return RunStop::full;
    const auto item = items.claim();
    if (!item) return RunStop::over;
    page.begin(item->counter);
    bool asked = false;
    const std::byte* const end = call_with_numbers<Task>(ParametersOf<Task>{}, item->arguments,
                                                         page, to, interruption, asked);
    items.finish_in_place(static_cast<std::size_t>(end - to));
    if (asked) return RunStop::interrupted;
    if (items.look_due()) return RunStop::look;
  }
}

template <class Task>
constexpr RunThunk run_thunk() {
  if constexpr (runs_on_numbers<Task>) return &run_numbers<Task>;
  return nullptr;
}

#pragma GCC visibility pop

}  // namespace muster::detail
