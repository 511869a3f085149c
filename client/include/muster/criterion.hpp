#pragma once
// What a member of a query may say of a value: that it is equal to one, that it is less, that it is
// one of some, ...

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace muster {
namespace detail {

enum class Comparison : std::uint8_t {
  equal = 0,
  not_equal = 1,
  less = 2,
  at_most = 3,
  greater = 4,
  at_least = 5,
  one_of = 6,
  none_of = 7,
  like = 8,
};

template <class T>
struct Compared {
  Comparison how;
  std::vector<T> values;
};

/// All of them have to hold.
template <class T>
struct AllCompared {
  std::vector<Compared<T>> parts;
};

template <class T>
using Comparable =
    std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string, T>;

template <class T>
AllCompared<Comparable<T>> compared(Comparison how, const T& value) {
  return {{{how, {Comparable<T>(value)}}}};
}

}  // namespace detail

/// Says nothing unless it is given something: a value, which has to be equal, or one of the
/// functions below, or several of them with && in between. A text that is given as it is may be a
/// pattern as in the shell, "anneal*".
template <class T>
class Criterion {
 public:
  using Parts = std::vector<detail::Compared<T>>;

  Criterion() = default;
  template <class Value>
  requires std::is_convertible_v<Value, T> Criterion(Value&& value) {  // NOLINT: `.engine = 3`
    constexpr bool text = std::is_same_v<T, std::string>;
    parts_.push_back({text ? detail::Comparison::like : detail::Comparison::equal,
                      {T(std::forward<Value>(value))}});
  }
  template <class Value>
  requires std::is_convertible_v<Value, T> Criterion(
      detail::AllCompared<Value> compared) {  // NOLINT: `.run = at_least(1s)`
    for (detail::Compared<Value>& part : compared.parts)
      parts_.push_back({part.how, std::vector<T>(part.values.begin(), part.values.end())});
  }

  const Parts& parts() const { return parts_; }

  /// Both have to hold.
  friend Criterion operator&&(Criterion a, const Criterion& b) {
    a.parts_.insert(a.parts_.end(), b.parts_.begin(), b.parts_.end());
    return a;
  }

 private:
  Parts parts_;
};

template <class T>
auto equal_to(const T& value) {
  return detail::compared(detail::Comparison::equal, value);
}
template <class T>
auto not_equal_to(const T& value) {
  return detail::compared(detail::Comparison::not_equal, value);
}
template <class T>
auto less_than(const T& value) {
  return detail::compared(detail::Comparison::less, value);
}
template <class T>
auto at_most(const T& value) {
  return detail::compared(detail::Comparison::at_most, value);
}
template <class T>
auto greater_than(const T& value) {
  return detail::compared(detail::Comparison::greater, value);
}
template <class T>
auto at_least(const T& value) {
  return detail::compared(detail::Comparison::at_least, value);
}
/// A text that fits the pattern: * is anything, ? one character, [a-z] one of these, [!a-z] one
/// that is none of them.
inline auto like(std::string pattern) {
  return detail::compared(detail::Comparison::like, pattern);
}

template <class T>
detail::AllCompared<detail::Comparable<T>> one_of(std::initializer_list<T> values) {
  return {{{detail::Comparison::one_of, {values.begin(), values.end()}}}};
}
template <class T>
detail::AllCompared<T> one_of(std::vector<T> values) {
  return {{{detail::Comparison::one_of, std::move(values)}}};
}
template <class T>
detail::AllCompared<detail::Comparable<T>> none_of(std::initializer_list<T> values) {
  return {{{detail::Comparison::none_of, {values.begin(), values.end()}}}};
}
template <class T>
detail::AllCompared<T> none_of(std::vector<T> values) {
  return {{{detail::Comparison::none_of, std::move(values)}}};
}

namespace detail {
template <class A, class B>
AllCompared<std::common_type_t<A, B>> operator&&(const AllCompared<A>& a, const AllCompared<B>& b) {
  AllCompared<std::common_type_t<A, B>> both;
  for (const Compared<A>& part : a.parts)
    both.parts.push_back({part.how, {part.values.begin(), part.values.end()}});
  for (const Compared<B>& part : b.parts)
    both.parts.push_back({part.how, {part.values.begin(), part.values.end()}});
  return both;
}
}  // namespace detail

}  // namespace muster
