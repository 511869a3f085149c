#pragma once
// The input of a map: ranges that are read in step, one item at a time, each item encoded as the
// arguments of its task; and bound values, which every item has.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

#include <muster/detail/buffer.hpp>
#include <muster/detail/by_name.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/number_items.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>
#include <muster/same.hpp>

namespace muster::detail {

/// Where a map's items come from, whatever their types.
class MapSource {
 public:
  virtual ~MapSource() = default;

  /// Reads the next item and encodes it as arguments into `body`, which is empty; false at the end,
  /// and then it may not be called again. Nor after it has thrown, what the input or the encoding
  /// of an item throws.
  virtual bool next(Buffer& body) = 0;
  /// What an item takes at most in a row, if items can be read many at once; else 0.
  virtual std::size_t item_max() const { return 0; }
  /// Reads up to so many items into the row, as long as there is room and it is held; of each it is
  /// seen at once that it was added. False at the end. Throws as next() does; what was added
  /// before stands. Requires item_max() != 0.
  virtual bool next_items(const RowSpace& row, std::size_t most);
  /// How many items there are, if that was known before the first was read.
  virtual std::optional<std::size_t> size() const = 0;

 protected:
  MapSource() = default;
  MapSource(const MapSource&) = delete;
  MapSource& operator=(const MapSource&) = delete;
};

inline bool MapSource::next_items(const RowSpace&, std::size_t) {
  return false;
}

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// One range of the input: a lvalue is pointed at, a rvalue is held here. `Range` is what a
/// forwarding parameter deduces: `T&` or `T`.
template <class Range>
class Column {
  using Bare = std::remove_reference_t<Range>;
  static constexpr bool borrowed = std::is_lvalue_reference_v<Range>;
  /// Items of a container that was moved in are nobody else's; those of a view may be.
  static constexpr bool owns_items =
      !borrowed && !std::ranges::view<Bare> && !std::ranges::borrowed_range<Bare>;
  using Reference = std::ranges::range_reference_t<Bare&>;

 public:
  /// What an item is passed on as: moved where it can't be missed.
  using Item = std::conditional_t<owns_items && std::is_lvalue_reference_v<Reference> &&
                                      !std::is_const_v<std::remove_reference_t<Reference>>,
                                  std::remove_reference_t<Reference>&&, Reference>;

  explicit Column(Range&& range)
      : held_(hold(std::forward<Range>(range))),
        at_(std::ranges::begin(here())),
        end_(std::ranges::end(here())) {}
  // The iterators point to what is held.
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  /// Goes to the first item, later to the next one; false when there is none. Not before it is
  /// asked for: an endless input may compute it, or wait for it.
  bool advance() {
    if (std::exchange(begun_, true)) ++at_;
    return at_ != end_;
  }

  /// The item that advance() has found, once.
  Item item() { return static_cast<Item>(*at_); }

  std::optional<std::size_t> size() {
    if constexpr (std::ranges::sized_range<Bare&>) {
      return static_cast<std::size_t>(std::ranges::size(here()));
    } else {
      return std::nullopt;
    }
  }

 private:
  static decltype(auto) hold(Range&& range) {
    if constexpr (borrowed) {
      return std::addressof(range);
    } else {
      return static_cast<Bare&&>(range);
    }
  }

  Bare& here() {
    if constexpr (borrowed) {
      return *held_;
    } else {
      return held_;
    }
  }

  std::conditional_t<borrowed, Bare*, Bare> held_;
  std::ranges::iterator_t<Bare&> at_;
  std::ranges::sentinel_t<Bare&> end_;
  bool begun_ = false;
};

/// A bound value beside ranges.
template <class Argument>
requires is_same_value<Argument>
class Column<Argument> {
  using Value = std::remove_cvref_t<Argument>;

 public:
  using Item = const Value&;

  explicit Column(const Value& value) : value_(value) {}
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  bool advance() { return true; }
  Item item() { return value_; }
  /// Never the shortest.
  std::optional<std::size_t> size() const { return static_cast<std::size_t>(-1); }

 private:
  const Value value_;
};

/// At least one range, and nothing but ranges and bound values.
template <class... Arguments>
inline constexpr bool are_columns = (std::ranges::input_range<Arguments> || ...) &&
                                    ((std::ranges::input_range<Arguments> ||
                                      is_same_value<Arguments>)&&...);

/// Several ranges end with the shortest; those after it aren't read further.
template <class Task, class... Ranges>
class MapInput final : public MapSource {
 public:
  /// The task that the items' arguments name.
  using Called = typename CalledTask<Task, typename Column<Ranges>::Item...>::Type;

  /// `seed` is that of the items' seeds, for tasks that ask for theirs.
  explicit MapInput(std::uint64_t seed, Ranges&&... ranges)
      : columns_(std::forward<Ranges>(ranges)...), seed_(seed) {
    std::size_t least = static_cast<std::size_t>(-1);
    const auto count = [&](std::optional<std::size_t> size) {
      if (size && *size < least) least = *size;
      return size.has_value();
    };
    const bool known =
        std::apply([&](auto&... column) { return (count(column.size()) && ...); }, columns_);
    if (known) size_ = least;
  }

  bool next(Buffer& body) override {
    const bool more =
        std::apply([](auto&... column) { return (column.advance() && ...); }, columns_);
    if (!more) return false;
    std::apply(
        [&body](auto&... column) {
          encode_arguments_into(body, SentParametersOf<Called>{}, sent_for(column.item())...);
        },
        columns_);
    if constexpr (takes_context<Task>) append_seed(body, seed_of(seed_, read_++));
    return true;
  }

  std::size_t item_max() const override {
    if constexpr (many_at_once) return number_item_max<SentParametersOf<Task>>;
    return 0;
  }

  bool next_items([[maybe_unused]] const RowSpace& row,
                  [[maybe_unused]] std::size_t most) override {
    if constexpr (many_at_once) {
      constexpr std::size_t item_max = number_item_max<SentParametersOf<Task>>;
      const std::uint64_t one = std::uint64_t{1} << 32;
      std::uint64_t added = row.added->load(std::memory_order_relaxed);
      for (; most > 0 && row.held->load(std::memory_order_relaxed); --most) {
        const auto bytes = static_cast<std::uint32_t>(added);
        if (row.room - bytes < item_max) return true;
        const bool more =
            std::apply([](auto&... column) { return (column.advance() && ...); }, columns_);
        if (!more) return false;
        added +=
            one + std::apply(
                      [to = row.row + bytes](auto&... column) {
                        return write_number_item(to, SentParametersOf<Task>{}, column.item()...);
                      },
                      columns_);
        row.added->store(added, std::memory_order_release);
      }
    }
    return true;
  }

  std::optional<std::size_t> size() const override { return size_; }

 private:
  /// A context wants its seed, and what is no plain item is refused where it is encoded.
  static constexpr bool many_at_once =
      are_few_numbers<SentParametersOf<Task>> && !takes_context<Task> &&
      (std::is_arithmetic_v<std::remove_cvref_t<typename Column<Ranges>::Item>> && ...);

  std::tuple<Column<Ranges>...> columns_;
  std::optional<std::size_t> size_;
  std::uint64_t seed_;
  std::uint64_t read_ = 0;
};

#pragma GCC visibility pop

}  // namespace muster::detail
