#pragma once
// The input of a starmap: one range whose items are tuples, each the arguments of one call.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <tuple>
#include <utility>

#include <muster/detail/buffer.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

template <class T>
concept TupleLike = requires {
  std::tuple_size<std::remove_cvref_t<T>>::value;
};

/// What the elements of a tuple are passed on as, which is a `Tuple` or a reference to one.
template <class Tuple,
          class Indices = std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<Tuple>>>>
struct ElementsOf;
template <class Tuple, std::size_t... I>
struct ElementsOf<Tuple, std::index_sequence<I...>> {
  using Type = List<decltype(std::get<I>(std::declval<Tuple>()))...>;
};

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class Task, class Range>
class StarInput final : public MapSource {
 public:
  using Called = Task;
  using Item = typename Column<Range>::Item;

  StarInput(std::uint64_t seed, Range&& range)
      : column_(std::forward<Range>(range)), size_(column_.size()), seed_(seed) {}

  bool next(Buffer& body) override {
    if (!column_.advance()) return false;
    std::apply(
        [&body](auto&&... elements) {
          encode_arguments_into(body, SentParametersOf<Task>{},
                                std::forward<decltype(elements)>(elements)...);
        },
        column_.item());
    if constexpr (takes_context<Task>) append_seed(body, seed_of(seed_, read_++));
    return true;
  }

  std::optional<std::size_t> size() const override { return size_; }

 private:
  Column<Range> column_;
  std::optional<std::size_t> size_;
  std::uint64_t seed_;
  std::uint64_t read_ = 0;
};

#pragma GCC visibility pop

}  // namespace muster::detail
