#pragma once
// The calls of a load-balanced view for a task that is a type. What muster::Pool is made of.

#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include <muster/async_map_result.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/map_plan.hpp>
#include <muster/detail/star_input.hpp>
#include <muster/detail/whole_calls.hpp>
#include <muster/load_balanced_view.hpp>

namespace muster::detail {

/// The verdict on a call whose arguments are the types of a list.
template <class Task, class Arguments>
struct VerdictOn;
template <class Task, class... Arguments>
struct VerdictOn<Task, List<Arguments...>> {
  static constexpr Verdict value = call_verdict<Task, Arguments...>();
};

struct ViewCalls {
  template <class Task, class... Arguments>
  static auto apply(const LoadBalancedView& view, Arguments&&... arguments) {
    return view.submit<Task>(std::forward<Arguments>(arguments)...);
  }

  template <class Task, class... Ranges>
  static auto map(const LoadBalancedView& view, const MapPlan& plan, Ranges&&... ranges) {
    return view.submit_each<Task>(plan, Here{}, std::forward<Ranges>(ranges)...);
  }

  template <class Task, class Range>
  static auto map_chunks(const LoadBalancedView& view, const MapPlan& plan, Range&& range) {
    return detail::map_chunks<Task>(view.connection_, view.options_, plan,
                                    std::forward<Range>(range));
  }
  template <class Task, class Combine, class Range>
  static auto fold(const LoadBalancedView& view, const MapPlan& plan, Range&& range) {
    return detail::fold<Task, Combine>(view.connection_, view.options_, plan,
                                       std::forward<Range>(range));
  }

  /// The view with other options, whose calls are numbered on, for their seeds.
  static LoadBalancedView continued(const LoadBalancedView& view, ViewOptions options) {
    LoadBalancedView other = view.with(std::move(options));
    other.seeds_ = view.seeds_;
    return other;
  }

  static const std::shared_ptr<Connection>& connection_of(const LoadBalancedView& view) {
    return view.connection_;
  }

  /// What the results are taken from, which is shared with them.
  template <class Results>
  static const std::shared_ptr<MapWindow>& window_of(const Results& results) {
    return results.window_;
  }

  /// Each item is a tuple, or a pair, of a call's arguments.
  template <class Task, class Range>
  static auto starmap(const LoadBalancedView& view, const MapPlan& plan, Range&& range) {
    constexpr bool readable =
        std::ranges::input_range<Range> &&
        TupleLike<std::ranges::range_reference_t<std::remove_cvref_t<Range>&>>;
    static_assert(readable,
                  "starmap reads one range, whose items are tuples of the task's arguments: for "
                  "other items, or several ranges, write map");
    if constexpr (readable) {
      using Input = StarInput<Task, Range>;
      constexpr Verdict verdict =
          VerdictOn<Task, typename ElementsOf<typename Input::Item>::Type>::value;
      refuse_mistakes<verdict>();
      if constexpr (verdict == Verdict::good) {
        return AsyncMapResult<ResultOf<Task>>(window_as_planned(
            view.connection_, Registration<Task>::entry(), view.options_,
            std::make_unique<Input>(view.options_.seed, std::forward<Range>(range)), {}, plan));
      } else {
        return RefusedMap{};
      }
    } else {
      return RefusedMap{};
    }
  }
};

}  // namespace muster::detail
