#pragma once
// The engine's half of a direct view's map: a task that is called for each item of a chunk. Every
// item has its own fate, but they travel as one.
//
//   arguments   one array with a column for each parameter that travels: its values, item by item
//   result      an array of three: the values of the items that have one (or their number, if the
//               function returns nothing), the places of those that threw, and what these threw

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/failure.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>

namespace muster::detail {

/// The values of a chunk as they travel.
template <class R>
using ChunkValues = std::conditional_t<std::is_void_v<R>, std::uint64_t,
                                       std::vector<std::conditional_t<std::is_void_v<R>, char, R>>>;
template <class R>
using ChunkResult = List<ChunkValues<R>, std::vector<std::uint64_t>, std::vector<std::string>>;

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// One parameter, for all items of the chunk.
template <class P>
struct ChunkColumn {
  using T = std::remove_cvref_t<P>;
  using Kept = Owned<T>;

  ChunkColumn(BodyReader& reader, Context&) : items(read_value<std::vector<Kept>>(reader)) {}
  std::size_t size() const { return items.size(); }
  decltype(auto) at(std::size_t index) {
    if constexpr (!std::is_same_v<T, Kept>) {
      if constexpr (is_span<T>) {
        if (T::extent != std::dynamic_extent && T::extent != items[index].size())
          throw_unexpected_value();
      }
      return T(items[index]);
    } else if constexpr (std::is_same_v<T, bool>) {
      return static_cast<bool>(items[index]);  // a std::vector<bool> has none to refer to
    } else {
      return static_cast<P&&>(items[index]);
    }
  }

  std::vector<Kept> items;
};

template <class P>
requires injected<P>
struct ChunkColumn<P> {
  ChunkColumn(BodyReader& reader, Context& context) : slot(reader, context) {}
  std::size_t size() const { return SIZE_MAX; }
  decltype(auto) at(std::size_t) { return slot.get(); }

  Slot<P> slot;
};

/// What a chunk gives. The shortest column ends it.
template <class Task, class Columns>
void call_for_items(Columns& columns, const SeedOfChunk& seed, Context& context, Buffer& result) {
  using R = ResultOf<Task>;
  const std::size_t count =
      std::apply([](const auto&... column) { return std::min({column.size()...}); }, columns);
  ChunkValues<R> values{};
  std::vector<std::uint64_t> failed;
  std::vector<std::string> failures;
  const std::stop_token stop = context.stop();
  for (std::size_t i = 0; i < count && !stop.stop_requested(); ++i) {
    try {
      if constexpr (takes_context<Task>)
        SeedOfContext::set(context, seed_of(seed.family, seed.first + i));
      typename Task::Callable callable = Task::make();
      const auto call = [&](auto&... column) -> decltype(auto) {
        return callable(column.at(i)...);
      };
      if constexpr (std::is_void_v<R>) {
        std::apply(call, columns);
        ++values;
      } else {
        values.push_back(std::apply(call, columns));
      }
    } catch (...) {
      Buffer failure;
      encode_current_exception(failure);
      failed.push_back(i);
      failures.emplace_back(reinterpret_cast<const char*>(failure.data()), failure.size());
    }
  }
  result.append(encode_arguments(ChunkResult<R>{}, values, failed, failures).bytes());
}

template <class Task, class... P>
void run_chunk(List<P...>, std::span<const std::byte> arguments, Context& context, Buffer& result) {
  BodyReader reader(arguments);
  reader.begin_array((0U + ... + (injected<P> ? 0U : 1U)));
  std::tuple<ChunkColumn<P>...> columns{ChunkColumn<P>(reader, context)...};
  const SeedOfChunk seed = read_seed_of_chunk(reader);
  reader.end();
  call_for_items<Task>(columns, seed, context, result);
}

template <class Task>
void chunk_thunk(std::span<const std::byte> arguments, Context& context, Buffer& result) {
  run_chunk<Task>(ParametersOf<Task>{}, arguments, context, result);
}

/// As Registration, for the chunks of a task.
template <class Task>
struct ChunkRegistration {
  static const Entry& entry() {
    (void)registered;
    static const Entry& entry =
        TaskTable::instance().add(typeid(ChunkRegistration).name(), &chunk_thunk<Task>);
    return entry;
  }

 private:
  static inline const Entry* const registered = &entry();
};

#pragma GCC visibility pop

}  // namespace muster::detail
