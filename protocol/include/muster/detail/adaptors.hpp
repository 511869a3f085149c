#pragma once
// What msgpack does not know by itself: enumerations travel as their underlying integers, durations
// and points of the system's clock as their counts, and floating numbers as they are. A user's
// MSGPACK_ADD_ENUM, being a full specialisation, is preferred to the one here.

#include <bit>
#include <chrono>
#include <cstdint>
#include <type_traits>

#include <msgpack.hpp>

#include <muster/detail/buffer.hpp>

namespace msgpack {

MSGPACK_API_VERSION_NAMESPACE(v1) {
  // Msgpack would send 3.0 as the integer 3 and -0.0 as 0; here every bit arrives.
  template <>
  inline packer<muster::detail::Buffer>& packer<muster::detail::Buffer>::pack_double(
      double number) {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    char bytes[9] = {static_cast<char>(0xcb)};
    for (int i = 0; i < 8; ++i)
      bytes[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
    append_buffer(bytes, sizeof bytes);
    return *this;
  }

  template <>
  inline packer<muster::detail::Buffer>& packer<muster::detail::Buffer>::pack_float(float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    char bytes[5] = {static_cast<char>(0xca)};
    for (int i = 0; i < 4; ++i)
      bytes[1 + i] = static_cast<char>(bits >> (24 - 8 * i));
    append_buffer(bytes, sizeof bytes);
    return *this;
  }
}

MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {

  template <class E>
  struct convert<E, std::enable_if_t<std::is_enum_v<E>>> {
    const msgpack::object& operator()(const msgpack::object& object, E& value) const {
      value = static_cast<E>(object.as<std::underlying_type_t<E>>());
      return object;
    }
  };

  template <class E>
  struct pack<E, std::enable_if_t<std::is_enum_v<E>>> {
    template <class Stream>
    msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& packer, const E& value) const {
      return packer.pack(static_cast<std::underlying_type_t<E>>(value));
    }
  };

  template <class Count, class Period>
  struct convert<std::chrono::duration<Count, Period>> {
    const msgpack::object& operator()(const msgpack::object& object,
                                      std::chrono::duration<Count, Period>& value) const {
      value = std::chrono::duration<Count, Period>(object.as<Count>());
      return object;
    }
  };

  template <class Count, class Period>
  struct pack<std::chrono::duration<Count, Period>> {
    template <class Stream>
    msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& packer,
                                        const std::chrono::duration<Count, Period>& value) const {
      return packer.pack(value.count());
    }
  };

  template <class Duration>
  struct convert<std::chrono::time_point<std::chrono::system_clock, Duration>> {
    using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
    const msgpack::object& operator()(const msgpack::object& object, Time& value) const {
      value = Time(Duration(object.as<typename Duration::rep>()));
      return object;
    }
  };

  template <class Duration>
  struct pack<std::chrono::time_point<std::chrono::system_clock, Duration>> {
    using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
    template <class Stream>
    msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& packer, const Time& value) const {
      return packer.pack(value.time_since_epoch().count());
    }
  };

  }  // namespace adaptor
}
}  // namespace msgpack
