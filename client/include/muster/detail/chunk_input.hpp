#pragma once
// The input of map_chunks and of fold: what one call gets are several items.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/detail/by_name.hpp>
#include <muster/detail/chunk_places.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// The chunks of a contiguous range, as a range of `Chunk`, which is a std::span or a std::vector.
/// An lvalue is borrowed, an rvalue moved in.
template <class Range, class Chunk>
class Chunks {
  using T = std::ranges::range_value_t<Range>;
  static constexpr bool borrowed = std::is_lvalue_reference_v<Range>;

 public:
  struct Iterator {
    using value_type = Chunk;
    using difference_type = std::ptrdiff_t;

    Chunk operator*() const {
      const std::size_t begin = number * each;
      const auto part = items.subspan(begin, std::min(each, items.size() - begin));
      if constexpr (is_span<Chunk>) {
        return part;
      } else {
        return Chunk(part.begin(), part.end());
      }
    }
    Iterator& operator++() {
      ++number;
      return *this;
    }
    void operator++(int) { ++number; }
    bool operator==(std::default_sentinel_t) const { return number * each >= items.size(); }

    std::span<const T> items{};
    std::size_t each = 1;
    std::size_t number = 0;
  };

  Chunks(Range&& range, std::size_t items, std::size_t each)
      : held_(hold(std::forward<Range>(range))), items_(items), each_(each) {}

  Iterator begin() const { return {items(), each_, 0}; }
  std::default_sentinel_t end() const { return {}; }
  std::size_t size() const { return (items_ + each_ - 1) / each_; }

 private:
  static decltype(auto) hold(Range&& range) {
    if constexpr (borrowed) {
      return std::span<const T>(range);
    } else {
      return static_cast<std::remove_reference_t<Range>&&>(range);
    }
  }
  std::span<const T> items() const { return std::span<const T>(held_).first(items_); }

  std::conditional_t<borrowed, std::span<const T>, std::remove_cvref_t<Range>> held_;
  std::size_t items_;
  std::size_t each_;
};

/// What the first parameter of a task is given a chunk as.
template <class P, class T>
using ChunkFor =
    std::conditional_t<is_span<std::remove_cvref_t<P>>, std::span<const T>, std::vector<T>>;

/// What each item of these types takes, if it is known.
template <class... T>
inline constexpr std::size_t raw_item_bytes = (RawElement<T> && ...) ? (sizeof(T) + ... + 0) : 0;

/// The items of several ranges, which are read in step, in rows for each parameter.
template <class Task, class Parameters, class... Ranges>
class FoldInput;
template <class Task, class... P, class... Ranges>
class FoldInput<Task, List<P...>, Ranges...> final : public MapSource {
 public:
  FoldInput(const ViewOptions& options, const MapPlan& plan, std::size_t engines,
            std::shared_ptr<ChunkPlaces> places, Ranges&&... ranges)
      : columns_(std::forward<Ranges>(ranges)...),
        seed_(options.seed),
        most_(plan.items),
        items_(known_items()),
        places_(std::move(places)),
        chunks_(planned_chunk(options, plan, items_), items_, raw_item_bytes<Owned<P>...>,
                engines) {
    places_->each = planned_chunk(options, plan, items_);
  }

  bool next(Buffer& body) override {
    const std::size_t first = read_;
    std::apply([](auto&... row) { (row.clear(), ...); }, rows_);
    for (std::size_t left = chunks_.next(); left > 0 && read_next(); --left) {
    }
    if (read_ == first) return false;
    std::apply(
        [&body](const auto&... row) {
          encode_arguments_into(body, List<std::remove_cvref_t<decltype(row)>...>{}, row...);
        },
        rows_);
    if constexpr (takes_context<Task>) append_seed_of_chunk(body, seed_, first);
    chunks_.note(read_ - first, body.size());
    if (places_->each == 0) places_->begins.push_back(first);
    places_->items = read_;
    return true;
  }

  /// Of the chunks nobody knows it.
  std::optional<std::size_t> size() const override { return std::nullopt; }

 private:
  std::optional<std::size_t> known_items() {
    std::size_t least = most_;
    const auto count = [&](std::optional<std::size_t> size) {
      if (size && *size < least) least = *size;
      return size.has_value();
    };
    const bool known =
        std::apply([&](auto&... column) { return (count(column.size()) && ...); }, columns_);
    return known || most_ != MapPlan::all ? std::optional(least) : std::nullopt;
  }

  bool read_next() {
    if (ended_ || read_ == most_) return false;
    ended_ = !std::apply([](auto&... column) { return (column.advance() && ...); }, columns_);
    if (ended_) return false;
    std::apply([this](auto&... column) { this->take(std::index_sequence_for<P...>{}, column...); },
               columns_);
    ++read_;
    return true;
  }
  template <std::size_t... I, class... Columns>
  void take(std::index_sequence<I...>, Columns&... columns) {
    (std::get<I>(rows_).push_back(owned<std::remove_cvref_t<P>>(sent_for(columns.item()))), ...);
  }

  std::tuple<Column<Ranges>...> columns_;
  const std::uint64_t seed_;
  const std::size_t most_;
  const std::optional<std::size_t> items_;
  const std::shared_ptr<ChunkPlaces> places_;
  FoldChunks chunks_;
  std::tuple<std::vector<Owned<P>>...> rows_;
  std::size_t read_ = 0;
  bool ended_ = false;
};

#pragma GCC visibility pop

}  // namespace muster::detail
