#pragma once
// Views of engines that the user names: what is called here runs there, and nowhere else.

#include <cstddef>
#include <memory>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/async_map_result.hpp>
#include <muster/async_result.hpp>
#include <muster/bind_front.hpp>
#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/engine_requests.hpp>
#include <muster/detail/engine_targets.hpp>
#include <muster/detail/modules.hpp>
#include <muster/detail/parts.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/prepared_call.hpp>
#include <muster/detail/shell_call.hpp>
#include <muster/detail/value_tasks.hpp>
#include <muster/distribution.hpp>
#include <muster/engine_results.hpp>
#include <muster/reference.hpp>
#include <muster/remote.hpp>
#include <muster/same.hpp>
#include <muster/shell.hpp>
#include <muster/task_module.hpp>
#include <muster/view_options.hpp>

namespace muster {

/// What one engine and several have in common. `View` is EngineView, whose calls give an
/// AsyncResult<T>, or DirectView, whose calls give an EngineResults<T>; below, "the results".
///
/// A call is bound to the process of this program that the engine has when its turn comes. It runs
/// at most once, is never tried again, and ends with EngineLost when that process ends, or when the
/// engine has left the cluster. On one engine the calls of a client run in the order in which they
/// were made, except that one whose arguments take more than 64 KiB, and travel beside the others,
/// may be passed by those after it. A push never is: what its client calls later finds the value
/// there, also in a load-balanced view, and blocks for that until a push of that size has ended.
///
/// VALUES that are pushed live in that process. All clients that run the same program file share
/// them, other programs have their own, and they end with the process: when it crashes, when a time
/// limit ends it, when five programs or more take turns on its engine, and with the cluster. A name
/// that isn't there is UnknownName, never a default.
///
/// Mistakes in a call are refused by the compiler, as those of LoadBalancedView are.
template <class View>
class EngineCalls {
 public:
  /// The same engines with these options. Throws ClusterError for those that mean nothing here:
  /// targets, follow, needs, priority, retries, max_crashes, key, resume, chunk, window.
  View with(ViewOptions options) const {
    View copy = view();
    detail::refuse_for_engines(options);
    copy.options_ = std::move(options);
    copy.seeds_ = detail::SeedFamily(copy.options_.seed);
    return copy;
  }
  const ViewOptions& options() const { return options_; }

  /// The same engines, with calls by name that mean what this module exports: see
  /// LoadBalancedView::from. Its functions find what functions of that module have kept on the
  /// engine (Context::push), not what a program has pushed.
  View from(const Module& module) const {
    View copy = view();
    copy.module_ = module.module();
    return copy;
  }

  /// Runs a function on each engine of the view: `apply<f>(3.0)`. As LoadBalancedView::apply in all
  /// that concerns the function and its arguments, which are encoded once; a Reference among them
  /// is each engine's own value, and same() one that travels there once. Throws ClusterError when
  /// there is no engine, ConnectionLost, TooLarge, WouldBlock.
  template <auto F, class... Arguments>
  auto apply(Arguments&&... arguments) const {
    if constexpr (detail::is_remote<std::remove_cvref_t<decltype(F)>>) {
      return call_remote(F, std::forward<Arguments>(arguments)...);
    } else {
      return call<detail::Constant<F>>(std::forward<Arguments>(arguments)...);
    }
  }
  /// The same for a lambda without captures, a function object without state, muster::fn<f>, or a
  /// Remote.
  template <class F, class... Arguments>
  auto apply([[maybe_unused]] F function, Arguments&&... arguments) const {
    if constexpr (detail::is_remote<F>) {
      return call_remote(function, std::forward<Arguments>(arguments)...);
    } else {
      return call<detail::TaskOf<F>>(std::forward<Arguments>(arguments)...);
    }
  }
  /// The same with the first arguments bound: see bind_front().
  template <class Task, class... T, class... Arguments>
  auto apply(const detail::BoundFront<Task, T...>& task, Arguments&&... arguments) const {
    return std::apply(
        [&](const Same<T>&... front) {
          return call<Task>(front..., std::forward<Arguments>(arguments)...);
        },
        task.front);
  }

  /// Runs a function for its effect there. What it returns may be of any type, and is dropped.
  template <auto F, class... Arguments>
  auto execute(Arguments&&... arguments) const {
    if constexpr (detail::is_remote<std::remove_cvref_t<decltype(F)>>) {
      return call_remote_for_effect(F, std::forward<Arguments>(arguments)...);
    } else {
      return call_for_effect<detail::Constant<F>>(std::forward<Arguments>(arguments)...);
    }
  }
  template <class F, class... Arguments>
  auto execute([[maybe_unused]] F function, Arguments&&... arguments) const {
    if constexpr (detail::is_remote<F>) {
      return call_remote_for_effect(function, std::forward<Arguments>(arguments)...);
    } else {
      return call_for_effect<detail::TaskOf<F>>(std::forward<Arguments>(arguments)...);
    }
  }
  template <class Task, class... T, class... Arguments>
  auto execute(const detail::BoundFront<Task, T...>& task, Arguments&&... arguments) const {
    return std::apply(
        [&](const Same<T>&... front) {
          return call_for_effect<Task>(front..., std::forward<Arguments>(arguments)...);
        },
        task.front);
  }

  /// Runs a command of the system on each engine of the view: see LoadBalancedView::shell. The
  /// results are of type ShellResult.
  template <class Task = detail::ShellTask>
  auto shell(const ShellCommand& command, const ShellOptions& options = {}) const {
    View timed = view();
    detail::limit_time(timed.options_, options);
    return timed.template send<ShellResult>(detail::shell_call<Task>(command, options));
  }

  /// Keeps a value on each engine under this name, in place of what had it. It is encoded once, and
  /// there decoded once; tasks get at it by a Reference or by Context::pull, as the type T that is
  /// pushed here: say `push<double>("t", 3)` if it is to be another than the argument's. Text
  /// becomes a std::string, a std::span a std::vector.
  template <class T>
  auto push(std::string_view name, const T& value) const {
    using Kept = detail::Owned<T>;
    static_assert(Transportable<Kept>,
                  "what is pushed is of a type that cannot travel: give it MSGPACK_DEFINE");
    using Task = detail::Stateless<detail::PushValue<Kept>>;
    if constexpr (std::is_same_v<T, Kept> || detail::travels_as_kept<T>) {
      return view().send_push(detail::Registration<Task>::entry(), encoded_push<T>(name, value));
    } else {
      return view().send_push(detail::Registration<Task>::entry(),
                              encoded_push<Kept>(name, detail::owned<T>(value)));
    }
  }

  /// The value that each engine has under this name. The results' get() throws UnknownName, and
  /// WrongType when it was pushed as another type than T.
  template <class T>
  auto pull(std::string_view name) const {
    static_assert(std::is_same_v<T, detail::Owned<T>>,
                  "pull what was pushed: a std::vector or a std::string, not a view of it");
    using Task = detail::Stateless<detail::PullValue<T>>;
    return view().template send<T>({detail::Registration<Task>::entry(), encoded_name(name), {}});
  }

  /// Forgets all values on these engines, whoever has pushed them.
  auto clear() const { return call<detail::Stateless<detail::ForgetValues>>(); }
  /// Forgets one, if it is there.
  auto clear(std::string_view name) const {
    using Task = detail::Stateless<detail::ForgetValue>;
    return view().template send<void>(
        {detail::Registration<Task>::entry(), encoded_name(name), {}});
  }

 protected:
  EngineCalls(std::shared_ptr<detail::Connection> connection, ViewOptions options)
      : connection_(std::move(connection)), options_(std::move(options)) {}

  template <class T>
  static detail::Buffer encoded_push(std::string_view name, const T& value) {
    return detail::encode_arguments(detail::List<std::string_view, T>{}, name, value);
  }
  static detail::Buffer encoded_name(std::string_view name) {
    return detail::encode_arguments(detail::List<std::string_view>{}, name);
  }

  enum class Call { task, push };

  detail::PendingPtr submit(int engine, detail::PreparedCall call, Call kind = Call::task) const {
    if (kind == Call::push) {
      return detail::submit_push(connection_, call.entry, std::move(call.arguments), options_,
                                 engine, std::move(call.values));
    }
    return detail::submit(connection_, call.entry, std::move(call.arguments), options_,
                          std::move(call.holes), engine, std::move(call.values));
  }

  std::shared_ptr<detail::Connection> connection_;
  ViewOptions options_;
  detail::SeedFamily seeds_{options_.seed};
  detail::ModulePtr module_;  // null: none was chosen

 private:
  const View& view() const { return static_cast<const View&>(*this); }

  template <class Task, class... Arguments>
  auto call(Arguments&&... arguments) const {
    constexpr detail::Verdict verdict = detail::call_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      return view().template send<detail::ResultOf<Task>>(detail::prepare_call<Task>(
          seeds_, detail::SeedFor::engines, std::forward<Arguments>(arguments)...));
    } else {
      return detail::Refused{};
    }
  }

  template <class R, class... Arguments>
  auto call_remote(const R& remote, Arguments&&... arguments) const {
    using Task = detail::Provided<R>;
    constexpr detail::Verdict verdict = detail::call_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      return view().template send<detail::ResultOf<Task>>(
          detail::prepare_remote(connection_, module_, remote, detail::Wanted::result, seeds_,
                                 detail::SeedFor::engines, std::forward<Arguments>(arguments)...));
    } else {
      return detail::Refused{};
    }
  }

  template <class R, class... Arguments>
  auto call_remote_for_effect(const R& remote, Arguments&&... arguments) const {
    using Task = detail::Provided<R>;
    constexpr detail::Verdict verdict = detail::effect_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      return view().template send<void>(
          detail::prepare_remote(connection_, module_, remote, detail::Wanted::effect, seeds_,
                                 detail::SeedFor::engines, std::forward<Arguments>(arguments)...));
    } else {
      return detail::Refused{};
    }
  }

  template <class Task, class... Arguments>
  auto call_for_effect(Arguments&&... arguments) const {
    constexpr detail::Verdict verdict = detail::effect_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      using Effect = typename detail::EffectOf<Task>::Type;
      return view().template send<void>(detail::prepare_call<Effect>(
          seeds_, detail::SeedFor::engines, std::forward<Arguments>(arguments)...));
    } else {
      return detail::Refused{};
    }
  }
};

/// One engine: `client[3]`, or `client[-1]` for the last. A cheap handle; all members may be called
/// from any thread. It means the same engine for ever, also when its process is replaced.
class EngineView : public EngineCalls<EngineView> {
 public:
  /// Of an engine that exists.
  EngineView(std::shared_ptr<detail::Connection> connection, int engine, ViewOptions options = {})
      : EngineCalls(std::move(connection), std::move(options)), engine_(engine) {}

  /// The engine's id.
  int engine() const { return engine_; }

  /// Stops it for good, as Client::shutdown does. Blocks for a round trip. Throws ClusterError,
  /// ConnectionLost, WouldBlock.
  void shutdown() const { detail::shut_engines_down(connection_, {engine_}); }

 private:
  friend EngineCalls<EngineView>;

  template <class T>
  AsyncResult<T> send(detail::PreparedCall call) const {
    return AsyncResult<T>(submit(engine_, std::move(call)));
  }
  AsyncResult<void> send_push(const detail::Entry& entry, detail::Buffer body) const {
    return AsyncResult<void>(submit(engine_, {entry, std::move(body), {}}, Call::push));
  }

  int engine_;
};

/// Several engines, in an order: `client[{0, 2}]`, `client.slice(0, 8, 2)`, or all: `client.all()`
/// are those that there are at each call, also when they have joined after the view was made. A
/// cheap handle; all members may be called from any thread.
///
/// It is a broadcast: arguments and values of more than a kilobyte leave the program once, however
/// many engines there are, and the controller passes each of them the same bytes. (Not a call with
/// futures among its arguments: the results of other tasks are put into it for each engine.)
class DirectView : public EngineCalls<DirectView> {
 public:
  DirectView(std::shared_ptr<detail::Connection> connection, detail::EngineTargets targets,
             ViewOptions options = {})
      : EngineCalls(std::move(connection), std::move(options)), targets_(std::move(targets)) {}

  /// The ids of the engines that a call would go to now, in the order of its results.
  std::vector<int> targets() const { return targets_.ids(connection_); }
  std::size_t size() const { return targets().size(); }

  /// Stops these engines for good, as Client::shutdown does. Blocks for a round trip. Throws
  /// ClusterError, ConnectionLost, WouldBlock.
  void shutdown() const { detail::shut_engines_down(connection_, targets()); }

  /// Deals the items of a range out and pushes each engine its part under this name, as a
  /// std::vector of the range's value type, which may be empty. Reads all of the range before it
  /// returns. With `.flatten` there has to be one item for each engine, else ClusterError.
  template <std::ranges::input_range Range>
  EngineResults<void> scatter(std::string_view name, Range&& range,
                              const ScatterOptions& options = {}) const {
    using T = detail::ItemIn<Range>;
    static_assert(std::is_same_v<T, detail::Owned<T>> && Transportable<T>,
                  "what is scattered is of a type that cannot travel: give it MSGPACK_DEFINE");
    std::vector<T> items = detail::all_of(std::forward<Range>(range));
    const std::vector<int> engines = targets_.some_ids(connection_);
    if (options.flatten && items.size() != engines.size()) {
      throw ClusterError("scatter with .flatten needs one item for each engine: there are " +
                         std::to_string(items.size()) + " items for " +
                         std::to_string(engines.size()) + " engines");
    }
    std::vector<AsyncResult<void>> results;
    for (std::size_t i = 0; i < engines.size(); ++i)
      results.push_back(push_part(name, items, options, engines, i));
    return {engines, std::move(results)};
  }

  /// The parts of what was scattered, or of any std::vector<T> that each engine has under this
  /// name, put together in the order of the view: get() gives one std::vector<T>. `distribution`
  /// has to be that of the scatter.
  template <class T>
  EngineResults<std::vector<T>, detail::Gathered<T>> gather(
      std::string_view name, Distribution distribution = Distribution::block) const {
    using Task = detail::Stateless<detail::PullValue<std::vector<T>>>;
    return send<std::vector<T>>({detail::Registration<Task>::entry(), encoded_name(name), {}},
                                detail::Gathered<T>{distribution});
  }

  /// Runs a function once for each item of a range, or of several that are read in step until the
  /// shortest ends: a contiguous part of them on each engine, the first ones one more when they
  /// can't be equal. For work of which every item takes the same, or where an engine's own values
  /// matter; else a load-balanced view's map is quicker. Reads all of the input before it returns.
  /// An engine's items are one task. The results' get() gives the values in the order of the input,
  /// or throws a CompositeError with the error of each item that threw.
  template <auto F, class... Ranges>
  auto map(Ranges&&... ranges) const {
    if constexpr (detail::is_remote<std::remove_cvref_t<decltype(F)>>) {
      return map_remote(F, std::forward<Ranges>(ranges)...);
    } else {
      return map_task<detail::Constant<F>>(detail::Here{}, std::forward<Ranges>(ranges)...);
    }
  }
  template <class F, class... Ranges>
  auto map([[maybe_unused]] F function, Ranges&&... ranges) const {
    if constexpr (detail::is_remote<F>) {
      return map_remote(function, std::forward<Ranges>(ranges)...);
    } else {
      return map_task<detail::TaskOf<F>>(detail::Here{}, std::forward<Ranges>(ranges)...);
    }
  }
  /// The same with the first arguments bound: see bind_front().
  template <class Task, class... T, class... Ranges>
  auto map(const detail::BoundFront<Task, T...>& task, Ranges&&... ranges) const {
    return std::apply(
        [&](const Same<T>&... front) {
          return map_task<Task>(detail::Here{}, front..., std::forward<Ranges>(ranges)...);
        },
        task.front);
  }

 private:
  friend EngineCalls<DirectView>;

  template <class T, class Join = detail::OneEach<T>>
  EngineResults<T, Join> send(detail::PreparedCall call, Join join = {},
                              Call kind = Call::task) const {
    std::vector<int> engines = targets_.some_ids(connection_);
    if (engines.size() > 1 && call.holes.empty())
      detail::share_arguments(call.arguments, call.values);
    std::vector<AsyncResult<T>> results;
    for (const int engine : engines) {
      auto arguments = detail::Buffer::copy_of(call.arguments.bytes());
      results.emplace_back(
          submit(engine, {call.entry, std::move(arguments), call.holes, call.values}, kind));
    }
    return {std::move(engines), std::move(results), std::move(join)};
  }
  EngineResults<void> send_push(const detail::Entry& entry, detail::Buffer body) const {
    return send<void>({entry, std::move(body), {}}, {}, Call::push);
  }

  template <class T>
  AsyncResult<void> push_part(std::string_view name, std::vector<T>& items,
                              const ScatterOptions& options, const std::vector<int>& engines,
                              std::size_t i) const {
    const EngineView engine(connection_, engines[i], options_);
    if (options.flatten) return engine.push<T>(name, items[i]);
    if (options.distribution == Distribution::round_robin)
      return engine.push(name, detail::dealt_to(items, i, engines.size()));
    const std::size_t begin = detail::begin_of_part(items.size(), engines.size(), i);
    const std::size_t end = detail::begin_of_part(items.size(), engines.size(), i + 1);
    return engine.push(name, detail::part_of(items, begin, end));
  }

  template <class R, class... Ranges>
  auto map_remote(const R& remote, Ranges&&... ranges) const {
    using Task = detail::Provided<R>;
    constexpr bool filled = detail::any_filled<Ranges...>;
    const detail::Elsewhere where{
        detail::entry_elsewhere(connection_, module_, remote, filled, true)};
    if constexpr (filled) {
      return map_task<detail::WithWays<Task>>(
          where, detail::RepeatedWays(detail::ways_of<Ranges...>(detail::Wanted::result)),
          std::forward<Ranges>(ranges)...);
    } else {
      return map_task<Task>(where, std::forward<Ranges>(ranges)...);
    }
  }

  template <class Task, class Where, class... Ranges>
  auto map_task([[maybe_unused]] const Where& where, Ranges&&... ranges) const {
    constexpr bool readable = detail::are_columns<Ranges...>;
    static_assert(readable,
                  "map reads ranges, one for each parameter of the task: for a single call write "
                  "apply");
    if constexpr (readable) {
      constexpr detail::Verdict verdict =
          detail::call_verdict<Task, typename detail::Column<Ranges>::Item...>();
      detail::refuse_mistakes<verdict>();
      if constexpr (verdict == detail::Verdict::good) {
        using Called =
            typename detail::CalledTask<Task, typename detail::Column<Ranges>::Item...>::Type;
        detail::BoundValues values;
        (detail::collect_value(values, ranges), ...);
        return map_chunks<Task>(
            where.template chunk_entry<Called>(),
            detail::ChunkedInput<detail::SentParametersOf<Called>>(std::forward<Ranges>(ranges)...),
            values);
      } else {
        return detail::RefusedMap{};
      }
    } else {
      return detail::RefusedMap{};
    }
  }

  template <class Task, class Input>
  auto map_chunks(const detail::Entry& entry, Input input,
                  const detail::BoundValues& values) const {
    using R = detail::ResultOf<Task>;
    const std::vector<int> engines = targets_.some_ids(connection_);
    std::vector<int> used;
    std::vector<AsyncResult<detail::Chunk<R>>> results;
    detail::JoinedChunks<R> join;
    for (std::size_t i = 0; i < engines.size(); ++i) {
      const std::size_t begin = detail::begin_of_part(input.size(), engines.size(), i);
      const std::size_t end = detail::begin_of_part(input.size(), engines.size(), i + 1);
      if (begin == end) continue;
      used.push_back(engines[i]);
      join.begins.push_back(begin);
      join.end = end;
      detail::Buffer body = input.encoded(begin, end);
      if constexpr (detail::takes_context<Task>)
        detail::append_seed_of_chunk(body, options_.seed, begin);
      results.emplace_back(submit(engines[i], {entry, std::move(body), {}, values}));
    }
    return EngineResults<detail::Chunk<R>, detail::JoinedChunks<R>>(
        std::move(used), std::move(results), std::move(join));
  }

  detail::EngineTargets targets_;
};

}  // namespace muster
