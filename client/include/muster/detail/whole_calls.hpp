#pragma once
// The calls whose tasks get several items each: map_chunks and fold.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include <muster/async_whole.hpp>
#include <muster/detail/bound_value.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/chunk_input.hpp>
#include <muster/detail/chunk_places.hpp>
#include <muster/detail/fold_call.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/map_plan.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/same.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// When the cluster hasn't said how many engines it has.
constexpr std::size_t engines_or_guess(std::size_t known) {
  return known == 0 ? 4 : known;
}

/// What a task's function takes first of what travels; void if nothing is known of it.
template <class Parameters>
struct FirstOf {
  using Type = void;
};
template <class First, class... Rest>
struct FirstOf<List<First, Rest...>> {
  using Type = First;
};
template <class Task>
struct FirstSent {
  using Type = void;
};
template <class Task>
requires HasShape<typename Task::Callable>
struct FirstSent<Task> : FirstOf<SentParametersOf<Task>> {
};

template <class Task, class Range, class... Bound>
auto map_chunks(const std::shared_ptr<Connection>& connection, const ViewOptions& options,
                const MapPlan& plan, Range&& range, const Bound&... bound) {
  constexpr bool contiguous =
      std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range>;
  static_assert(contiguous,
                "map_chunks cuts contiguous items, as those of a std::vector: for other input "
                "write map or fold");
  static_assert((is_same_value<Bound> && ...),
                "map_chunks cuts one range, and what else its function takes is the same for all "
                "chunks: write muster::same(value)");
  if constexpr (contiguous && (is_same_value<Bound> && ...)) {
    using T = std::ranges::range_value_t<Range>;
    using First = typename FirstSent<Task>::Type;
    using Parts = Chunks<Range, ChunkFor<First, T>>;
    using Input = MapInput<Task, Parts, const Bound&...>;
    constexpr Verdict verdict = call_verdict<Task, ChunkFor<First, T>, const Bound&...>();
    refuse_mistakes<verdict>();
    if constexpr (verdict == Verdict::good) {
      auto places = std::make_shared<ChunkPlaces>();
      places->items = std::min<std::size_t>(std::ranges::size(range), plan.items);
      places->each = planned_chunk(options, plan, places->items);
      if (places->each == 0) {
        places->each = even_chunk(places->items, sizeof(T), engines_or_guess(engines(connection)));
      }
      BoundValues values;
      (collect_value(values, bound), ...);
      Parts parts(std::forward<Range>(range), places->items, places->each);
      return AsyncChunks<ResultOf<Task>>(
          window_as_planned(connection, Registration<typename Input::Called>::entry(),
                            for_chunks(options),
                            std::make_unique<Input>(options.seed, std::move(parts), bound...),
                            std::move(values), {.progress = plan.progress, .shared = plan.shared}),
          places);
    } else {
      return RefusedWhole{};
    }
  } else {
    return RefusedWhole{};
  }
}

template <class Task, class Combine, class... Ranges>
auto fold(const std::shared_ptr<Connection>& connection, const ViewOptions& options,
          const MapPlan& plan, Ranges&&... ranges) {
  constexpr bool readable = are_columns<Ranges...>;
  static_assert(readable, "fold reads ranges, one for each parameter of the task");
  if constexpr (readable) {
    constexpr Verdict verdict = call_verdict<Task, typename Column<Ranges>::Item...>();
    refuse_mistakes<verdict>();
    if constexpr (verdict == Verdict::good) {
      using R = ResultOf<Task>;
      using Called = typename CalledTask<Task, typename Column<Ranges>::Item...>::Type;
      constexpr bool combines = std::is_invocable_r_v<R, typename Combine::Callable&, R, R>;
      static_assert(combines,
                    "fold's second function makes one of two results of the first: it takes two "
                    "and returns one of their type");
      if constexpr (combines) {
        using Input = FoldInput<Called, SentParametersOf<Called>, Ranges...>;
        auto places = std::make_shared<ChunkPlaces>();
        BoundValues values;
        (collect_value(values, ranges), ...);
        auto input = std::make_unique<Input>(options, plan, engines_or_guess(engines(connection)),
                                             places, std::forward<Ranges>(ranges)...);
        return AsyncFold<R, Combine>(
            window_as_planned(connection, FoldRegistration<Called, Combine>::entry(),
                              for_chunks(options), std::move(input), std::move(values),
                              {.progress = plan.progress, .shared = plan.shared}),
            places);
      } else {
        return RefusedWhole{};
      }
    } else {
      return RefusedWhole{};
    }
  } else {
    return RefusedWhole{};
  }
}

}  // namespace muster::detail
