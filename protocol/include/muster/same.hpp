#pragma once
// One value for many calls, as an argument that travels once.

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/owned.hpp>
#include <muster/transportable.hpp>

namespace muster {

/// Stands for a value of type T in a call: made by same(). A cheap handle to the encoded value;
/// copies share it, and any thread may use it.
template <class T>
class Same {
 public:
  /// Takes the body of a T, and what that refers to.
  explicit Same(detail::Buffer body, std::shared_ptr<const void> kept = nullptr)
      : value_(detail::make_bound_value(typeid(T).name(), std::move(body), std::move(kept))) {}

  /// What it takes to send, in bytes.
  std::size_t size() const { return value_->body.size(); }
  /// What travels in its place, and what that stands for.
  const detail::BoundValuePtr& value() const { return value_; }

 private:
  detail::BoundValuePtr value_;
};

/// A value that goes to each engine once, however many calls have it among their arguments:
/// `view.map<score>(xs, muster::same(model))` passes it with every item, `view.apply<score>(x,
/// muster::same(model))` in one call. In a map it may stand beside any number of ranges, of which
/// there has to be one.
///
/// It has to be of the parameter's own type, `const Model&` and `Model&&` being Model, a
/// std::span<const T> a std::vector<T> and a std::string_view a std::string: else say which,
/// `same<double>(3)`. The engine's process decodes it once, and all calls there refer to that
/// object: a parameter `const T&` or a view costs nothing per call, a T is a copy. It is const.
///
/// Encodes and hashes the value here, in time that grows with its size: keep what same() returns
/// when many calls are made one by one. Two that hold the same of one type are the same value, also
/// when they are of different clients of one program.
///
/// The client keeps it, and so does the controller, while a task that names it is open; and after
/// that up to 1 GiB of them for each client, the latest, so that the next map sends nothing. An
/// apply() that would need more waits until earlier calls have ended (see
/// LoadBalancedView::apply). A process keeps the ones it used last, up to 1 GiB, while a client has
/// them; one that was replaced gets them again.
///
/// Throws TooLarge for more than 4 GiB, and what the user's own msgpack_pack throws.
template <class T>
Same<detail::Owned<T>> same(const T& value) {
  using Kept = detail::Owned<T>;
  static_assert(Transportable<Kept>,
                "a bound value is of a type that cannot travel: give it MSGPACK_DEFINE");
  static_assert(!detail::HoldsView<Kept>::value,
                "a bound value has to own what it holds: there is a pointer or a view in it");
  detail::Buffer body;
  if constexpr (std::is_same_v<T, Kept>) {
    detail::encode_result<Kept>(body, value);
  } else {
    detail::encode_result<Kept>(body, detail::owned<T>(value));
  }
  if constexpr (requires {
                  { value.memory_kept() } -> std::same_as<std::shared_ptr<const void>>;
                }) {
    return Same<Kept>(std::move(body), value.memory_kept());  // a SharedArray
  } else {
    return Same<Kept>(std::move(body));
  }
}

namespace detail {

template <class Argument>
struct SameOf {
  using Type = void;
};
template <class T>
struct SameOf<Same<T>> {
  using Type = T;
};

/// The argument is a Same.
template <class Argument>
inline constexpr bool is_same_value =
    !std::is_void_v<typename SameOf<std::remove_cvref_t<Argument>>::Type>;

/// Behind `values` that of an argument that has one.
template <class Argument>
void collect_value(BoundValues& values, const Argument& argument) {
  if constexpr (is_same_value<Argument>) values.push_back(argument.value());
}

}  // namespace detail

}  // namespace muster
