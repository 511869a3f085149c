#pragma once
// The engine's half of a call: decode, call, encode; and how naming a task puts its thunk into the
// table.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/number_run.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// Holds what one parameter is bound to during the call.
template <class Parameter>
struct Slot {
  using Value = std::remove_cvref_t<Parameter>;

  Slot(BodyReader& reader, Context&) : value(read_value<Value>(reader)) {}
  Parameter&& get() { return static_cast<Parameter&&>(value); }

  Value value;
};

template <class Parameter>
requires std::is_same_v<std::remove_cvref_t<Parameter>, Context>
struct Slot<Parameter> {
  Slot(BodyReader&, Context& the_context) : context(&the_context) {}
  Context& get() { return *context; }

  Context* context;
};

template <class Parameter>
requires std::is_same_v<std::remove_cvref_t<Parameter>, std::stop_token>
struct Slot<Parameter> {
  Slot(BodyReader&, Context& context) : token(context.stop()) {}
  Parameter&& get() { return static_cast<Parameter&&>(token); }

  std::stop_token token;
};

/// A span looks at the body itself when that lies well, which a slice of a larger message need not;
/// else at a copy.
template <class Parameter>
requires is_span<std::remove_cvref_t<Parameter>>
struct Slot<Parameter> {
  using View = std::remove_cvref_t<Parameter>;
  using Element = std::remove_const_t<typename View::element_type>;

  Slot(BodyReader& reader, Context&)
      : bytes(reader.raw_array(element_code<Element>, sizeof(Element))) {
    if constexpr (std::is_same_v<Element, bool>) {
      for (const std::byte byte : bytes) {
        if (byte > std::byte{1}) throw_unexpected_value();
      }
    }
    if constexpr (View::extent != std::dynamic_extent) {
      if (bytes.size() != View::extent * sizeof(Element)) throw_unexpected_value();
    }
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(Element) != 0) {
      copy = Buffer::copy_of(bytes);
      bytes = copy.bytes();
    }
  }
  View get() {
    return View(reinterpret_cast<const Element*>(bytes.data()), bytes.size() / sizeof(Element));
  }

  std::span<const std::byte> bytes;
  Buffer copy;
};

template <class Task, class Slots>
void call_for_result(Slots& slots, Buffer& result) {
  typename Task::Callable callable = Task::make();
  const auto call = [&](auto&... slot) -> decltype(auto) { return callable(slot.get()...); };
  if constexpr (std::is_void_v<ResultOf<Task>>) {
    std::apply(call, slots);
    encode_result(result);
  } else {
    // A reference is encoded where it points, while everything that it may point to still lives.
    encode_result<ResultOf<Task>>(result, std::apply(call, slots));
  }
}

template <class Task, class... Parameters>
void run_task(List<Parameters...>, std::span<const std::byte> arguments, Context& context,
              Buffer& result) {
  BodyReader reader(arguments);
  reader.begin_array((0U + ... + (injected<Parameters> ? 0U : 1U)));
  // Braces, because they alone promise the order of the parameters.
  std::tuple<Slot<Parameters>...> slots{Slot<Parameters>(reader, context)...};
  if constexpr (takes_context<Task>) SeedOfContext::set(context, read_seed(reader, context));
  reader.end();

  call_for_result<Task>(slots, result);
}

/// The Thunk of a task.
template <class Task>
void thunk(std::span<const std::byte> arguments, Context& context, Buffer& result) {
  run_task<Task>(ParametersOf<Task>{}, arguments, context, result);
}

/// Whoever asks for a task's entry makes the compiler put its registration among the static
/// initialisers, so that the task is in the table of every process of this binary, whether or not
/// the place that asks is ever reached.
template <class Task>
struct Registration {
  static const Entry& entry() {
    (void)registered;
    static const Entry& entry =
        TaskTable::instance().add(typeid(Task).name(), &thunk<Task>, run_thunk<Task>());
    return entry;
  }

 private:
  static inline const Entry* const registered = &entry();
};

#pragma GCC visibility pop

}  // namespace muster::detail
