#pragma once
// The engine's half of a fold: a task that is called for each item of a chunk, and whose results
// are combined there.
//
//   arguments   as those of a chunk (chunk_call.hpp); it has one item at least
//   result      as that of one call

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <tuple>
#include <typeinfo>
#include <utility>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/chunk_call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>

namespace muster::detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class Task, class Combine, class... P>
void run_fold(List<P...>, std::span<const std::byte> arguments, Context& context, Buffer& result) {
  BodyReader reader(arguments);
  reader.begin_array((0U + ... + (injected<P> ? 0U : 1U)));
  std::tuple<ChunkColumn<P>...> columns{ChunkColumn<P>(reader, context)...};
  const SeedOfChunk seed = read_seed_of_chunk(reader);
  reader.end();
  const std::size_t count =
      std::apply([](const auto&... column) { return std::min({column.size()...}); }, columns);
  if (count == 0) throw_unexpected_value();

  std::optional<ResultOf<Task>> all;
  typename Combine::Callable combine = Combine::make();
  const std::stop_token stop = context.stop();
  for (std::size_t i = 0; i < count && !(all && stop.stop_requested()); ++i) {
    if constexpr (takes_context<Task>)
      SeedOfContext::set(context, seed_of(seed.family, seed.first + i));
    typename Task::Callable callable = Task::make();
    const auto call = [&](auto&... column) -> decltype(auto) { return callable(column.at(i)...); };
    if (all) {
      all.emplace(combine(*std::move(all), std::apply(call, columns)));
    } else {
      all.emplace(std::apply(call, columns));
    }
  }
  encode_result<ResultOf<Task>>(result, *all);
}

template <class Task, class Combine>
void fold_thunk(std::span<const std::byte> arguments, Context& context, Buffer& result) {
  run_fold<Task, Combine>(ParametersOf<Task>{}, arguments, context, result);
}

/// As Registration, for the chunks of a fold.
template <class Task, class Combine>
struct FoldRegistration {
  static const Entry& entry() {
    (void)registered;
    static const Entry& entry =
        TaskTable::instance().add(typeid(FoldRegistration).name(), &fold_thunk<Task, Combine>);
    return entry;
  }

 private:
  static inline const Entry* const registered = &entry();
};

#pragma GCC visibility pop

}  // namespace muster::detail
