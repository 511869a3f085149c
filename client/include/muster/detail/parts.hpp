#pragma once
// Rows of values in parts, one for each engine: how they are cut, and put together again.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <muster/detail/chunk_call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/signature.hpp>
#include <muster/distribution.hpp>
#include <muster/engine_results.hpp>
#include <muster/item_error.hpp>
#include <muster/outcome.hpp>

namespace muster::detail {

/// A view whose body is that of what it is kept as, so that it needn't be copied first.
template <class T>
inline constexpr bool travels_as_kept = false;
template <RawElement T, std::size_t N>
inline constexpr bool travels_as_kept<std::span<const T, N>> = true;

/// Where the part of this number begins, of contiguous ones, the remainder first. That of number
/// `parts` is the end.
constexpr std::size_t begin_of_part(std::size_t items, std::size_t parts, std::size_t number) {
  return items / parts * number + (number < items % parts ? number : items % parts);
}

/// Items `begin` to `end` of a row as a value of its own, which can't be used again.
template <class T>
decltype(auto) part_of(std::vector<T>& row, std::size_t begin, std::size_t end) {
  if constexpr (RawElement<T>) {
    return std::span<const T>(row).subspan(begin, end - begin);
  } else {
    const auto first = row.begin();
    return std::vector<T>(std::make_move_iterator(first + static_cast<std::ptrdiff_t>(begin)),
                          std::make_move_iterator(first + static_cast<std::ptrdiff_t>(end)));
  }
}

/// Every `step`th item, from `begin` on; as above.
template <class T>
std::vector<T> dealt_to(std::vector<T>& row, std::size_t begin, std::size_t step) {
  std::vector<T> part;
  for (std::size_t i = begin; i < row.size(); i += step)
    part.push_back(std::move(row[i]));
  return part;
}

template <class Range>
using ItemIn = std::remove_cvref_t<std::ranges::range_value_t<Range>>;

template <class Range>
std::vector<ItemIn<Range>> all_of(Range&& range) {
  std::vector<ItemIn<Range>> items;
  Column<Range> column(std::forward<Range>(range));
  if (const auto size = column.size()) items.reserve(*size);
  while (column.advance())
    items.push_back(column.item());
  return items;
}

/// What gather() makes of the engines' std::vectors.
template <class T>
struct Gathered {
  using Part = std::vector<T>;
  using Values = std::vector<T>;
  Distribution distribution = Distribution::block;

  Values operator()(const Answers<std::vector<T>>& answers) const {
    std::vector<std::vector<T>> parts(answers.results.size());
    std::size_t items = 0;
    answers.for_each([&](std::size_t i, std::span<const std::byte> body) {
      parts[i] = decode_result<std::vector<T>>(body);
      items += parts[i].size();
    });
    Values all;
    all.reserve(items);
    if (distribution == Distribution::block) {
      for (std::vector<T>& part : parts)
        all.insert(all.end(), std::make_move_iterator(part.begin()),
                   std::make_move_iterator(part.end()));
      return all;
    }
    for (std::size_t row = 0; all.size() < items; ++row) {
      for (std::vector<T>& part : parts) {
        if (row < part.size()) all.push_back(std::move(part[row]));
      }
    }
    return all;
  }
  std::vector<Outcome<Part>> outcomes(const Answers<Part>& answers) const {
    return outcomes_of(answers.results);
  }
};

/// The input of a direct view's map: all of it is read before the first part is sent.
template <class Parameters>
class ChunkedInput;
template <class... P>
class ChunkedInput<List<P...>> {
 public:
  template <class... Ranges>
  explicit ChunkedInput(Ranges&&... ranges) {
    std::tuple<Column<Ranges>...> columns(std::forward<Ranges>(ranges)...);
    std::apply([this](auto&... column) { this->read(column...); }, columns);
  }

  std::size_t size() const { return std::get<0>(rows_).size(); }
  Buffer encoded(std::size_t begin, std::size_t end) {
    return std::apply(
        [&](auto&... row) {
          return encode_arguments(List<std::remove_cvref_t<decltype(part_of(row, 0, 0))>...>{},
                                  part_of(row, begin, end)...);
        },
        rows_);
  }

 private:
  template <class... Columns>
  void read(Columns&... columns) {
    while ((columns.advance() && ...))
      take(std::index_sequence_for<P...>{}, columns...);
  }
  template <std::size_t... I, class... Columns>
  void take(std::index_sequence<I...>, Columns&... columns) {
    (std::get<I>(rows_).push_back(owned<std::remove_cvref_t<P>>(sent_for(columns.item()))), ...);
  }

  std::tuple<std::vector<Owned<P>>...> rows_;
};

/// Names the results of a chunk; they are read by JoinedChunks only.
template <class R>
struct Chunk;

/// What map() makes of the engines' chunks: the values of all items in order, or a CompositeError
/// of those that failed, each with its index and its engine. The items of a chunk that has failed
/// as a whole are one part, with the index of the first.
template <class R>
struct JoinedChunks {
  using Part = R;
  using Values = std::conditional_t<std::is_void_v<R>, void,
                                    std::vector<std::conditional_t<std::is_void_v<R>, char, R>>>;
  std::vector<std::size_t> begins;  ///< of each engine's chunk
  std::size_t end = 0;              ///< of the last one

  Values operator()(const Answers<Chunk<R>>& answers) const {
    std::vector<ChunkValues<R>> parts(answers.results.size());
    std::vector<CompositeError::Part> items;
    std::vector<CompositeError::Part> failures;
    answers.collect(failures, [&](std::size_t i, std::span<const std::byte> body) {
      parts[i] = read_chunk(body, begins[i], answers.engines[i], items);
    });
    for (CompositeError::Part& part : failures)
      part.index = begins[part.index];
    items.insert(items.end(), failures.begin(), failures.end());
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    if (!items.empty()) throw CompositeError(std::move(items));
    if constexpr (!std::is_void_v<R>) {
      Values values;
      for (auto& part : parts)
        values.insert(values.end(), std::make_move_iterator(part.begin()),
                      std::make_move_iterator(part.end()));
      return values;
    }
  }

  /// Of each item. Those of a chunk that has failed as a whole have its error.
  std::vector<Outcome<R>> outcomes(const Answers<Chunk<R>>& answers) const {
    std::vector<Outcome<R>> all;
    for (std::size_t i = 0; i < answers.results.size(); ++i) {
      const std::size_t chunk_end = i + 1 < begins.size() ? begins[i + 1] : end;
      try {
        std::vector<CompositeError::Part> failed;
        ChunkValues<R> values = read_chunk(value(TaskReference(answers.results[i]).task()),
                                           begins[i], answers.engines[i], failed);
        append_items(all, chunk_end, values, failed);
      } catch (...) {
        while (all.size() < chunk_end)
          all.push_back(Outcome<R>(std::current_exception()));
      }
    }
    return all;
  }

 private:
  /// The values of a chunk, and behind `failed` the errors of its items.
  static ChunkValues<R> read_chunk(std::span<const std::byte> body, std::size_t begin, int engine,
                                   std::vector<CompositeError::Part>& failed) {
    BodyReader reader(body);
    reader.begin_array(3);
    auto values = read_value<ChunkValues<R>>(reader);
    const auto places = read_value<std::vector<std::uint64_t>>(reader);
    const auto texts = read_value<std::vector<std::string>>(reader);
    reader.end();
    for (std::size_t k = 0; k < places.size() && k < texts.size(); ++k)
      failed.push_back(part_of_item(begin + places[k], engine, texts[k]));
    return values;
  }

  static void append_items(std::vector<Outcome<R>>& all, std::size_t end, ChunkValues<R>& values,
                           const std::vector<CompositeError::Part>& failed) {
    std::size_t taken = 0;
    for (auto next = failed.begin(); all.size() < end;) {
      if (next != failed.end() && next->index == all.size()) {
        all.push_back(Outcome<R>((next++)->error));
      } else if constexpr (std::is_void_v<R>) {
        if (taken++ == values) throw_unexpected_value();
        all.push_back(Outcome<R>(std::monostate{}));
      } else {
        if (taken == values.size()) throw_unexpected_value();
        all.push_back(Outcome<R>(R(std::move(values[taken++]))));
      }
    }
  }

  static CompositeError::Part part_of_item(std::size_t index, int engine,
                                           const std::string& failure) {
    try {
      try {
        rethrow_failure(std::as_bytes(std::span(failure.data(), failure.size())), engine, {});
      } catch (...) {
        rethrow_for_item(index);
      }
    } catch (...) {
      return {index, std::current_exception(), engine};
    }
  }
};

}  // namespace muster::detail
