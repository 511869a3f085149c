#pragma once
// Which types can travel between programs, as a question that the compiler answers with yes or no
// before msgpack answers it with a page of errors.

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <msgpack.hpp>

#include <muster/detail/adaptors.hpp>
#include <muster/detail/buffer.hpp>

namespace muster {

/// Set it to true for a type of yours that travels by its own msgpack adaptor
/// (`msgpack::adaptor::pack` and `convert`) instead of MSGPACK_DEFINE.
template <class T>
inline constexpr bool has_adaptor = false;

namespace detail {

template <class T>
concept Number = std::same_as<T, bool> || std::same_as<T, char> || std::same_as<T, signed char> ||
    std::same_as<T, unsigned char> || std::same_as<T, short> || std::same_as<T, unsigned short> ||
    std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, long> ||
    std::same_as<T, unsigned long> || std::same_as<T, long long> ||
    std::same_as<T, unsigned long long> || std::same_as<T, float> || std::same_as<T, double>;

/// What an array of raw bytes may hold (detail/value_body.hpp). Spans may also hold char and bool.
template <class T>
concept RawElement = std::same_as<T, std::byte> ||
    (Number<T> && !std::same_as<T, bool> && !std::same_as<T, char>);

template <class T>
concept SpanElement = RawElement<T> || std::same_as<T, bool> || std::same_as<T, char>;

/// What MSGPACK_DEFINE and its relatives add to a class.
template <class T>
concept Defined = std::default_initializable<T> &&
    requires(const T& full, T& empty, msgpack::packer<Buffer>& packer,
             const msgpack::object& object) {
  full.msgpack_pack(packer);
  empty.msgpack_unpack(object);
};

template <class T>
struct Travels : std::bool_constant<Number<T> || std::same_as<T, std::byte> || std::is_enum_v<T> ||
                                    Defined<T> || has_adaptor<T>> {};

template <class... T>
struct AllTravel : std::conjunction<Travels<T>...> {};

template <>
struct Travels<std::string> : std::true_type {};
template <>
struct Travels<std::string_view> : std::true_type {};
template <class T, std::size_t N>
struct Travels<std::span<const T, N>> : std::bool_constant<SpanElement<T>> {};
template <class T, std::size_t N>
struct Travels<std::array<T, N>> : Travels<T> {};
template <class T, class A>
struct Travels<std::vector<T, A>> : Travels<T> {};
template <class T, class A>
struct Travels<std::deque<T, A>> : Travels<T> {};
template <class T, class A>
struct Travels<std::list<T, A>> : Travels<T> {};
template <class T, class A>
struct Travels<std::forward_list<T, A>> : Travels<T> {};
template <class T, class C, class A>
struct Travels<std::set<T, C, A>> : Travels<T> {};
template <class T, class C, class A>
struct Travels<std::multiset<T, C, A>> : Travels<T> {};
template <class T, class H, class E, class A>
struct Travels<std::unordered_set<T, H, E, A>> : Travels<T> {};
template <class T, class H, class E, class A>
struct Travels<std::unordered_multiset<T, H, E, A>> : Travels<T> {};
template <class K, class T, class C, class A>
struct Travels<std::map<K, T, C, A>> : AllTravel<K, T> {};
template <class K, class T, class C, class A>
struct Travels<std::multimap<K, T, C, A>> : AllTravel<K, T> {};
template <class K, class T, class H, class E, class A>
struct Travels<std::unordered_map<K, T, H, E, A>> : AllTravel<K, T> {};
template <class K, class T, class H, class E, class A>
struct Travels<std::unordered_multimap<K, T, H, E, A>> : AllTravel<K, T> {};
template <class... T>
struct Travels<std::tuple<T...>> : AllTravel<T...> {};
template <class A, class B>
struct Travels<std::pair<A, B>> : AllTravel<A, B> {};
template <class T>
struct Travels<std::optional<T>> : Travels<T> {};
template <class T>
struct Travels<std::unique_ptr<T>> : Travels<T> {};
template <class T>
struct Travels<std::shared_ptr<T>> : Travels<T> {};
template <class T>
struct Travels<std::complex<T>> : Travels<T> {};
template <class Count, class Period>
struct Travels<std::chrono::duration<Count, Period>> : Travels<Count> {};
template <class Duration>
struct Travels<std::chrono::time_point<std::chrono::system_clock, Duration>> : Travels<Duration> {};

/// True for a view into memory of somebody else, and for what holds one.
template <class T>
struct HoldsView : std::bool_constant<std::is_pointer_v<T>> {};
template <>
struct HoldsView<std::string_view> : std::true_type {};
template <class T, std::size_t N>
struct HoldsView<std::span<T, N>> : std::true_type {};
template <class T, std::size_t N>
struct HoldsView<std::array<T, N>> : HoldsView<T> {};
template <template <class...> class Container, class... T>
requires(!Defined<Container<T...>> &&
         !has_adaptor<Container<T...>>) struct HoldsView<Container<T...>>
    : std::disjunction<HoldsView<T>...> {
};

}  // namespace detail

/// A value of type T can be sent and made again at the other end: numbers, enumerations, strings,
/// the containers, pairs, tuples, optionals, owning pointers and durations of std, classes with
/// MSGPACK_DEFINE, and what `has_adaptor` says. The members that a class names in MSGPACK_DEFINE
/// are not looked at.
template <class T>
concept Transportable = std::same_as<T, std::remove_cvref_t<T>> && detail::Travels<T>::value;

}  // namespace muster
