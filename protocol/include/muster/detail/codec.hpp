#pragma once
// Typed values <-> bodies (detail/value_body.hpp). Both ends use the types of the task's signature,
// so nothing but the values travels.

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <msgpack.hpp>

#include <muster/detail/buffer.hpp>
#include <muster/detail/hole.hpp>
#include <muster/detail/large_memory.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/value_body.hpp>
#include <muster/error.hpp>
#include <muster/transportable.hpp>

namespace muster::detail {

/// The element of what travels as raw bytes.
template <class T>
struct RawElementOf;
template <RawElement T, class A>
struct RawElementOf<std::vector<T, A>> {
  using Type = T;
};
template <RawElement T, std::size_t N>
struct RawElementOf<std::array<T, N>> {
  using Type = T;
};
template <SpanElement T, std::size_t N>
struct RawElementOf<std::span<const T, N>> {
  using Type = T;
};

template <class T>
concept Raw = requires {
  typename RawElementOf<T>::Type;
};

template <class T>
inline constexpr bool is_vector_of_numbers = false;
template <RawElement T>
inline constexpr bool is_vector_of_numbers<std::vector<T>> = true;
template <class T>
concept RawVector = is_vector_of_numbers<T>;

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class T>
void write_value(Buffer& body, std::size_t start, const T& value) {
  if constexpr (Raw<T>) {
    using Element = typename RawElementOf<T>::Type;
    write_raw_array(body, start, element_code<Element>, std::as_bytes(std::span(value)));
  } else {
    msgpack::packer<Buffer>(body).pack(value);
  }
}

template <class T>
T convert_value(const msgpack::object& object) {
  try {
    if constexpr (std::is_default_constructible_v<T>) {
      T value{};
      object.convert(value);
      return value;
    } else {
      return object.as<T>();
    }
  } catch (const msgpack::type_error&) {
    throw_unexpected_value(object, typeid(T));
  }
}

template <class T>
void resize_for(T& array, std::size_t count) {
  if constexpr (requires { array.resize(count); }) {
    if (count * sizeof(array[0]) >= large_memory_min) {
      array.reserve(count);
      expect_whole_use(array.data(), count * sizeof(array[0]));
    }
    array.resize(count);
  } else if (array.size() != count) {
    throw_unexpected_value();
  }
}

/// A value of its own. A std::string_view points into the body.
template <class T>
T read_value(BodyReader& reader) {
  if constexpr (Raw<T>) {
    using Element = typename RawElementOf<T>::Type;
    const auto numbers = reader.raw_array(element_code<Element>, sizeof(Element));
    T array{};
    resize_for(array, numbers.size() / sizeof(Element));
    if (!numbers.empty()) std::memcpy(array.data(), numbers.data(), numbers.size());
    return array;
  } else {
    if constexpr (Integer<T> || std::is_same_v<T, double>) {
      T number{};
      if (reader.number(number)) return number;
    }
    const msgpack::object_handle handle = reader.value();
    return convert_value<T>(handle.get());
  }
}

/// Encodes one argument as the parameter that it is meant for, or leaves a hole where its value
/// belongs. Requires convertibility.
template <class Parameter, class Argument>
void write_argument(Buffer& body, std::vector<Hole>& holes, Argument&& argument) {
  using T = std::remove_cvref_t<Parameter>;
  if constexpr (is_future<Argument>) {
    using Future = std::remove_cvref_t<Argument>;
    holes.push_back({body.size(), FutureOf<Future>::task(argument)});
  } else if constexpr (std::is_same_v<std::remove_cvref_t<Argument>, T> &&
                       (std::is_copy_constructible_v<T> || std::is_lvalue_reference_v<Argument>)) {
    write_value<T>(body, 0, argument);
  } else {
    // Converted here, or, where it can only be moved, taken from the caller.
    const T converted = std::forward<Argument>(argument);
    write_value<T>(body, 0, converted);
  }
}

/// One body of arguments, which `body`, empty before, becomes; `holes` gets those of them that are
/// results of other tasks. Throws ClusterError (TooLarge) when a container has more elements than
/// msgpack can count, and what the user's own msgpack_pack throws.
template <class... Parameters, class... Arguments>
void encode_with_holes(Buffer& body, std::vector<Hole>& holes, List<Parameters...>,
                       Arguments&&... arguments) {
  try {
    msgpack::packer<Buffer>(body).pack_array(sizeof...(Parameters));
    (write_argument<Parameters>(body, holes, std::forward<Arguments>(arguments)), ...);
  } catch (const msgpack::container_size_overflow&) {
    throw_uncountable();
  }
}

/// The same for a call that has its arguments at once.
template <class... Parameters, class... Arguments>
void encode_arguments_into(Buffer& body, List<Parameters...> parameters, Arguments&&... arguments) {
  static_assert(!(is_future<Arguments> || ...),
                "an item of a map is a value, not the result of another task: get() it, or use "
                "apply");
  std::vector<Hole> holes;
  encode_with_holes(body, holes, parameters, std::forward<Arguments>(arguments)...);
}

/// The same, as a body of its own.
template <class... Parameters, class... Arguments>
Buffer encode_arguments(List<Parameters...> parameters, Arguments&&... arguments) {
  Buffer body;
  encode_arguments_into(body, parameters, std::forward<Arguments>(arguments)...);
  return body;
}

/// Appends a result's body to `out`. Throws as encode_arguments does.
template <class T>
void encode_result(Buffer& out, const T& value) {
  try {
    write_value(out, out.size(), value);
  } catch (const msgpack::container_size_overflow&) {
    throw_uncountable();
  }
}

/// The same for a function that returns nothing.
inline void encode_result(Buffer& out) {
  msgpack::packer<Buffer>(out).pack_nil();
}

/// The result in a body. Throws ClusterError when there is none of this type.
template <class T>
T decode_result(std::span<const std::byte> body) {
  BodyReader reader(body);
  if constexpr (std::is_void_v<T>) {
    reader.nil();
    reader.end();
  } else {
    static_assert(!HoldsView<T>::value,
                  "a task returns a value, not a pointer or a view into the engine");
    T value = read_value<T>(reader);
    reader.end();
    return value;
  }
}

#pragma GCC visibility pop

}  // namespace muster::detail
