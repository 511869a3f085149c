#pragma once
// The view that lets the cluster choose the engine of each task.

#include <memory>
#include <tuple>
#include <utility>

#include <muster/as.hpp>
#include <muster/async_map_result.hpp>
#include <muster/async_result.hpp>
#include <muster/bind_front.hpp>
#include <muster/detail/bound_value.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/engine_targets.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/map_plan.hpp>
#include <muster/detail/map_window.hpp>
#include <muster/detail/modules.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/prepared_call.hpp>
#include <muster/detail/shell_call.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/detail/whole_calls.hpp>
#include <muster/remote.hpp>
#include <muster/same.hpp>
#include <muster/shell.hpp>
#include <muster/task_module.hpp>
#include <muster/view_options.hpp>

namespace muster {

namespace detail {
struct ViewCalls;
}

/// A cheap handle: a cluster and options. Copies are independent; all members may be called from
/// any thread. It keeps the connection alive.
///
/// Mistakes in a call are refused by the compiler: captures, pointers, mutable references, views as
/// results, types that can't travel (Transportable), a wrong number of arguments or arguments that
/// don't convert.
class LoadBalancedView {
 public:
  /// Of the connection that a Client or a Cluster has.
  explicit LoadBalancedView(std::shared_ptr<detail::Connection> connection,
                            ViewOptions options = {})
      : connection_(std::move(connection)), options_(std::move(options)) {
    refuse_unsupported(options_);
    if (!options_.targets.empty())
      options_.targets = detail::targets_named(connection_, options_.targets);
  }

  /// The same cluster with these options, in place of this view's. Throws ClusterError, see
  /// refuse_unsupported, and for targets that aren't there; these it may have to wait for, as
  /// Client::ids() does.
  LoadBalancedView with(ViewOptions options) const {
    return LoadBalancedView(connection_, std::move(options), module_);
  }

  /// The same view, whose calls by name mean what this module exports. Without it they mean the
  /// module that the client has loaded, or what this program itself exports if it has loaded none.
  LoadBalancedView from(const Module& module) const {
    LoadBalancedView view(*this);
    view.module_ = module.module();
    return view;
  }

  const ViewOptions& options() const { return options_; }

  /// Runs a function that is named here on some engine: `apply<f>(3.0)`; of overloads the one that
  /// `apply<muster::as<int(int)>(f)>(3)` chooses. Arguments are converted to the function's
  /// parameters and encoded before apply returns; parameters of type Context& and std::stop_token
  /// are supplied by the engine, a Reference stands for a value that is there already, and same()
  /// for one that travels once for many calls. An AsyncResult of the parameter's type stands for
  /// its value: the task starts after that one, and the cluster passes the value on; if there is
  /// none it ends with ImpossibleDependency. Returns at once while the client's window has room,
  /// which ends at 256 MiB of submissions without outcome, at 1 GiB of bound values that they name,
  /// or at the number of tasks that the cluster grants; else blocks, and says why on stderr when
  /// that takes 5 s. Returns AsyncResult<R>, R being what the function returns, without a
  /// reference. Throws WouldBlock on a callback's thread, ConnectionLost, TooLarge.
  ///
  /// `F` may be a Remote: then the function is called by its name, in the module of from(). That
  /// throws ClusterError when several modules are loaded and none was chosen.
  template <auto F, class... Arguments>
  auto apply(Arguments&&... arguments) const {
    if constexpr (detail::is_remote<std::remove_cvref_t<decltype(F)>>) {
      return submit_remote(F, std::forward<Arguments>(arguments)...);
    } else {
      return submit<detail::Constant<F>>(std::forward<Arguments>(arguments)...);
    }
  }

  /// The same for a lambda without captures, a function object without state, muster::fn<f>, or a
  /// Remote whose name is known only now. (A function itself can't be passed like this: its type
  /// doesn't say which function it is.)
  template <class F, class... Arguments>
  auto apply([[maybe_unused]] F function, Arguments&&... arguments) const {
    if constexpr (detail::is_remote<F>) {
      return submit_remote(function, std::forward<Arguments>(arguments)...);
    } else {
      return submit<detail::TaskOf<F>>(std::forward<Arguments>(arguments)...);
    }
  }
  /// The same with the first arguments bound: see bind_front().
  template <class Task, class... T, class... Arguments>
  auto apply(const detail::BoundFront<Task, T...>& task, Arguments&&... arguments) const {
    return std::apply(
        [&](const Same<T>&... front) {
          return submit<Task>(front..., std::forward<Arguments>(arguments)...);
        },
        task.front);
  }

  /// Runs a named function once for each item of a range, `map<f>(xs)`, or of several that are read
  /// in step until the shortest ends, one for each parameter that travels, `map<f>(xs, ys)`; for
  /// what is the same in all of them write same(): `map<f>(xs, muster::same(model))`.
  /// A range is anything that a range-for takes, with an end or without, also one that can be read
  /// only once. An lvalue is borrowed: it must outlive the map, or the reading of its last item,
  /// unchanged. An rvalue is moved in, and a container's items are then moved from. How far ahead
  /// of its results the input is read, and by whom: see AsyncMapResult. Doesn't wait for room.
  ///
  /// Every item has this view's options, its own result and its own fate. Quick ones travel several
  /// in one task, which costs less: about a millisecond of work, less at the end of input whose
  /// length is known, so that the engines end together. `chunk` fixes their number (1: every item
  /// alone); 32 KiB of arguments end a chunk earlier. An item that was read is on its way within
  /// a millisecond or two, also when the input takes its time with the next one.
  ///
  /// Returns AsyncMapResult<R>, R being what the function returns, without a reference. Throws
  /// ConnectionLost. What an item or the input is to blame for is thrown at its place in the
  /// results.
  template <auto F, class... Ranges>
  auto map(Ranges&&... ranges) const {
    if constexpr (detail::is_remote<std::remove_cvref_t<decltype(F)>>) {
      return map_remote(F, std::forward<Ranges>(ranges)...);
    } else {
      return submit_each<detail::Constant<F>>(detail::MapPlan{}, detail::Here{},
                                              std::forward<Ranges>(ranges)...);
    }
  }

  /// The same for a lambda without captures, a function object without state, muster::fn<f>, or a
  /// Remote.
  template <class F, class... Ranges>
  auto map([[maybe_unused]] F function, Ranges&&... ranges) const {
    if constexpr (detail::is_remote<F>) {
      return map_remote(function, std::forward<Ranges>(ranges)...);
    } else {
      return submit_each<detail::TaskOf<F>>(detail::MapPlan{}, detail::Here{},
                                            std::forward<Ranges>(ranges)...);
    }
  }
  /// The same with the first arguments bound: see bind_front().
  template <class Task, class... T, class... Ranges>
  auto map(const detail::BoundFront<Task, T...>& task, Ranges&&... ranges) const {
    return std::apply(
        [&](const Same<T>&... front) {
          return submit_each<Task>(detail::MapPlan{}, detail::Here{}, front...,
                                   std::forward<Ranges>(ranges)...);
        },
        task.front);
  }

  /// Cuts contiguous items into chunks, several for each engine or of ViewOptions::chunk items, and
  /// runs a function once for each: `map_chunks<f>(xs)`, f taking a std::span<const T> (or a
  /// std::vector<T>, for items that don't travel as raw numbers). What else it takes is the same
  /// for all chunks: `map_chunks<f>(xs, muster::same(model))`. An lvalue is borrowed as map() says.
  /// Gives an AsyncChunks, whose get() is a std::vector of what f's vectors have, in the order of
  /// the input, or of f's values if it returns no vector. With `resume` say `chunk`, too.
  template <auto F, class Range, class... Bound>
  auto map_chunks(Range&& range, const Bound&... bound) const {
    return detail::map_chunks<detail::Constant<F>>(connection_, options_, {},
                                                   std::forward<Range>(range), bound...);
  }
  template <class F, class Range, class... Bound>
  auto map_chunks(F, Range&& range, const Bound&... bound) const {
    return detail::map_chunks<detail::TaskOf<F>>(connection_, options_, {},
                                                 std::forward<Range>(range), bound...);
  }

  /// Runs a function once for each item, as map() does, and makes one value of all that it returns:
  /// `fold<f, combine>(xs)`. The engines combine what they have, and the client what they send, so
  /// that of many items few results travel. `combine` takes two results and returns one; it has to
  /// be associative, and gets them in the order of the input: a fold of 1, 2, 3 may be
  /// combine(combine(1, 2), 3) or combine(1, combine(2, 3)). Items that travel together (`chunk`,
  /// or as many as suit the input) are one task, also where it is retried or fails. Gives an
  /// AsyncFold. Its get() throws ClusterError when there are no items, where get_or(value) gives
  /// `value`.
  template <auto F, auto Combine, class... Ranges>
  auto fold(Ranges&&... ranges) const {
    return detail::fold<detail::Constant<F>, detail::Constant<Combine>>(
        connection_, options_, {}, std::forward<Ranges>(ranges)...);
  }
  template <class F, class Combine, class... Ranges>
  auto fold(F, Combine, Ranges&&... ranges) const {
    return detail::fold<detail::TaskOf<F>, detail::TaskOf<Combine>>(
        connection_, options_, {}, std::forward<Ranges>(ranges)...);
  }

  /// Runs a command of the system on some engine: `shell("make -j4 | tee log")` by /bin/sh, or
  /// `shell({"convert", from, to})` without it. It is a task like any other: it has this view's
  /// options, its process group ends when it is cancelled or has passed its limit, and it dies with
  /// its engine. A command that fails is a value, whose exit_code says so, unless `.check` asks for
  /// a TaskError. Throws as apply does, and ClusterError for what can't be meant.
  template <class Task = detail::ShellTask>
  AsyncResult<ShellResult> shell(const ShellCommand& command,
                                 const ShellOptions& options = {}) const {
    LoadBalancedView timed(*this);
    detail::limit_time(timed.options_, options);
    return AsyncResult<ShellResult>(timed.submit(detail::shell_call<Task>(command, options)));
  }

 private:
  friend detail::ViewCalls;
  LoadBalancedView(std::shared_ptr<detail::Connection> connection, ViewOptions options,
                   detail::ModulePtr module)
      : LoadBalancedView(std::move(connection), std::move(options)) {
    module_ = std::move(module);
  }

  template <class R, class... Arguments>
  auto submit_remote(const R& remote, Arguments&&... arguments) const {
    using Task = detail::Provided<R>;
    constexpr detail::Verdict verdict = detail::call_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      return AsyncResult<detail::ResultOf<Task>>(submit(
          detail::prepare_remote(connection_, module_, remote, detail::Wanted::result, seeds_,
                                 detail::SeedFor::task, std::forward<Arguments>(arguments)...)));
    } else {
      return detail::Refused{};
    }
  }
  template <class R, class... Ranges>
  auto map_remote(const R& remote, Ranges&&... ranges) const {
    using Task = detail::Provided<R>;
    constexpr bool filled = detail::any_filled<Ranges...>;
    const detail::Elsewhere where{detail::entry_elsewhere(connection_, module_, remote, filled)};
    if constexpr (filled) {
      return submit_each<detail::WithWays<Task>>(
          detail::MapPlan{}, where,
          detail::RepeatedWays(detail::ways_of<Ranges...>(detail::Wanted::result)),
          std::forward<Ranges>(ranges)...);
    } else {
      return submit_each<Task>(detail::MapPlan{}, where, std::forward<Ranges>(ranges)...);
    }
  }

  template <class Task, class... Arguments>
  auto submit(Arguments&&... arguments) const {
    constexpr detail::Verdict verdict = detail::call_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      return AsyncResult<detail::ResultOf<Task>>(submit(detail::prepare_call<Task>(
          seeds_, detail::SeedFor::task, std::forward<Arguments>(arguments)...)));
    } else {
      return detail::Refused{};
    }
  }

  detail::PendingPtr submit(detail::PreparedCall call) const {
    return detail::submit(connection_, call.entry, std::move(call.arguments), options_,
                          std::move(call.holes), -1, std::move(call.values));
  }

  template <class Task, class Where, class... Ranges>
  auto submit_each(const detail::MapPlan& plan, [[maybe_unused]] const Where& where,
                   Ranges&&... ranges) const {
    constexpr bool readable = detail::are_columns<Ranges...>;
    static_assert(readable,
                  "map reads ranges, one for each parameter of the task: for a single call write "
                  "apply");
    if constexpr (readable) {
      constexpr detail::Verdict verdict =
          detail::call_verdict<Task, typename detail::Column<Ranges>::Item...>();
      detail::refuse_mistakes<verdict>();
      if constexpr (verdict == detail::Verdict::good) {
        using Input = detail::MapInput<Task, Ranges...>;
        detail::BoundValues values;
        (detail::collect_value(values, ranges), ...);
        return AsyncMapResult<detail::ResultOf<Task>>(detail::window_as_planned(
            connection_, where.template entry<typename Input::Called>(), options_,
            std::make_unique<Input>(options_.seed, std::forward<Ranges>(ranges)...),
            std::move(values), plan));
      } else {
        return detail::RefusedMap{};
      }
    } else {
      return detail::RefusedMap{};
    }
  }

  std::shared_ptr<detail::Connection> connection_;
  ViewOptions options_;
  detail::SeedFamily seeds_{options_.seed};
  detail::ModulePtr module_;  // null: none was chosen
};

}  // namespace muster
