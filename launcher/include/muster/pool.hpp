#pragma once
// A pool of workers, as multiprocessing.Pool is one: for who comes from there. docs/pools.md has
// each of its lines beside ours.

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <muster/async_map_result.hpp>
#include <muster/async_result.hpp>
#include <muster/client.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/callback.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/distant_call_task.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/pool_life.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/view_calls.hpp>
#include <muster/insights.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/outcome.hpp>
#include <muster/pool_options.hpp>

namespace muster {

namespace detail {

/// In place of the arguments of something that is no task, of which the compiler speaks later.
struct AnyArguments {
  template <class... T>
  AnyArguments(T&&...) {}
};

template <class Parameters>
struct OwnedTuple;
template <class... P>
struct OwnedTuple<List<P...>> {
  using Type = std::tuple<Owned<std::remove_cvref_t<P>>...>;
};

/// What a pool's calls take and give for a task.
template <class Task>
struct PoolCall {
  using Arguments = AnyArguments;
  using Options = ApplyOptions<void>;
  using MapOptions = MapAsyncOptions<void>;
};
template <class Task>
requires(HasShape<typename Task::Callable>&& task_verdict<Task>() ==
         Verdict::good) struct PoolCall<Task> {
  using Arguments = typename OwnedTuple<SentParametersOf<Task>>::Type;
  using Options = ApplyOptions<ResultOf<Task>>;
  using MapOptions = MapAsyncOptions<typename AsyncMapResult<ResultOf<Task>>::Values>;
};

/// Something stands where a map has its options: another range, most likely.
template <class... More>
concept NoMapOptions = sizeof...(More) > 0 &&
                       (sizeof...(More) > 1 || !(std::convertible_to<More, MapOptions> && ...));

template <class... T>
void refuse_more_ranges() {
  static_assert(sizeof...(T) == 0,
                "a pool's map reads one range: put the arguments into tuples and call starmap, or "
                "write pool.load_balanced_view().map<f>(xs, ys)");
}

/// Something other than the arguments in braces, and options.
template <class Call, class... Given>
concept NoAsyncArguments =
    sizeof...(Given) > 0 && !std::is_same_v<typename Call::Arguments, AnyArguments> &&
    !std::is_constructible_v<std::pair<typename Call::Arguments, typename Call::Options>,
                             Given...> &&
    !(sizeof...(Given) == 1 && (std::convertible_to<Given, typename Call::Arguments> && ...));

#pragma GCC visibility push(hidden)

/// See PoolLife::CallOnAll.
inline PoolLife::ExitResults carry_out_on_all(const DirectView& view, const DistantCall& call) {
  return view.apply(CarryOut{}, call);
}

/// See PoolLog::DescribeAll.
inline PoolLog::Processes describe_all(const DirectView& view) {
  return view.apply(DescribeProcess{});
}

#pragma GCC visibility pop

}  // namespace detail

/// Worker processes that run this program's functions. By itself a pool has a Cluster of its own,
/// with what that says of engines; the workers are its engines, which are there from the start and
/// are filled again when one dies.
///
/// A function is named, `pool.map<f>(xs)`, or is muster::fn<f> or a lambda, `pool.map([](int x) {
/// return x * x; }, xs)`. What arguments and results may be, and what input, is as the
/// LoadBalancedView says, which is also the way to everything that a pool doesn't have. All members
/// may be called from any thread; in a callback what would have to wait throws WouldBlock. After
/// close(), join() or terminate() whatever takes a call throws ClusterError.
///
/// The destructor is terminate(): what is wanted from a pool has to be taken before, or waited for
/// by close() and join().
class Pool {
 public:
  /// `workers` 0: as many as the CPUs that this process may use. Throws as Cluster does, and
  /// ClusterError for options that can't be meant.
  explicit Pool(int workers = 0, const PoolOptions& options = {})
      : life_(std::make_unique<detail::PoolLife>(workers, options, own_tasks)) {}
  /// The same calls on a cluster that runs already, whose engines are the workers. It is not ended
  /// by join() or terminate(); terminate() wishes that everything be cancelled which this client
  /// has submitted.
  explicit Pool(const Client& client, const PoolOptions& options = {})
      : life_(std::make_unique<detail::PoolLife>(client, options, own_tasks)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // --- one call ---

  /// Runs it on a worker and blocks until it has ended; gives its value or throws its error.
  template <auto F, class... Arguments>
  auto apply(Arguments&&... arguments) {
    return call<detail::Constant<F>>(std::forward<Arguments>(arguments)...);
  }
  template <class F, class... Arguments>
  auto apply(F, Arguments&&... arguments) {
    return call<detail::TaskOf<F>>(std::forward<Arguments>(arguments)...);
  }

  /// The same without waiting for it: gives an AsyncResult. The arguments stand in braces, also
  /// when it is one, or none: `pool.apply_async<f>({3}, {.callback = use})`. Blocks while the
  /// client's window is full, as LoadBalancedView::apply does.
  template <auto F>
  auto apply_async(typename detail::PoolCall<detail::Constant<F>>::Arguments arguments = {},
                   typename detail::PoolCall<detail::Constant<F>>::Options options = {}) {
    return start<detail::Constant<F>>(std::move(arguments), std::move(options));
  }
  template <class F>
  auto apply_async(F, typename detail::PoolCall<detail::TaskOf<F>>::Arguments arguments = {},
                   typename detail::PoolCall<detail::TaskOf<F>>::Options options = {}) {
    return start<detail::TaskOf<F>>(std::move(arguments), std::move(options));
  }

  template <auto F, class... Given>
  requires detail::NoAsyncArguments<detail::PoolCall<detail::Constant<F>>, Given...>
  auto apply_async(Given&&...) {
    static_assert(sizeof...(Given) == 0,
                  "apply_async takes its arguments in braces: pool.apply_async<f>({1, 2})");
    return detail::Refused{};
  }

  // --- one call for each item of a range ---

  /// Blocks until all items have ended; gives their values in the order of the input. With the
  /// first item that fails it gives up: the items that have not ended are wished to be cancelled,
  /// and its error, which knows its index, is thrown. The pool stays usable.
  template <auto F, class Range>
  auto map(Range&& range, MapOptions options = {}) {
    return begin_map<detail::Constant<F>>(options, std::forward<Range>(range)).get(first_failure);
  }
  template <class F, class Range>
  auto map(F, Range&& range, MapOptions options = {}) {
    return begin_map<detail::TaskOf<F>>(options, std::forward<Range>(range)).get(first_failure);
  }
  template <auto F, class Range, class... More>
  requires detail::NoMapOptions<More...>
  auto map(Range&&, More&&...) {
    detail::refuse_more_ranges<More...>();
    return detail::Refused{};
  }
  template <class F, class Range, class... More>
  requires detail::NoMapOptions<More...>
  auto map(F, Range&&, More&&...) {
    detail::refuse_more_ranges<More...>();
    return detail::Refused{};
  }
  /// The same for a range of tuples, each of which has the arguments of one call.
  template <auto F, class Range>
  auto starmap(Range&& range, MapOptions options = {}) {
    return begin_starmap<detail::Constant<F>>(options, std::forward<Range>(range))
        .get(first_failure);
  }
  template <class F, class Range>
  auto starmap(F, Range&& range, MapOptions options = {}) {
    return begin_starmap<detail::TaskOf<F>>(options, std::forward<Range>(range)).get(first_failure);
  }

  /// The same without waiting: gives an AsyncMapResult, whose get() throws the error of an item, or
  /// a CompositeError of all that failed. As much of the input is read as the window has room for;
  /// the rest when somebody waits for the results, which join() does. With a callback all of the
  /// input is read before this returns, and the results can be got but not iterated over.
  template <auto F, class Range>
  auto map_async(Range&& range,
                 typename detail::PoolCall<detail::Constant<F>>::MapOptions options = {}) {
    return with_callbacks(
        begin_map<detail::Constant<F>>(plain(options), std::forward<Range>(range)), options);
  }
  template <class F, class Range>
  auto map_async(F, Range&& range,
                 typename detail::PoolCall<detail::TaskOf<F>>::MapOptions options = {}) {
    return with_callbacks(begin_map<detail::TaskOf<F>>(plain(options), std::forward<Range>(range)),
                          options);
  }
  template <auto F, class Range>
  auto starmap_async(Range&& range,
                     typename detail::PoolCall<detail::Constant<F>>::MapOptions options = {}) {
    return with_callbacks(
        begin_starmap<detail::Constant<F>>(plain(options), std::forward<Range>(range)), options);
  }
  template <class F, class Range>
  auto starmap_async(F, Range&& range,
                     typename detail::PoolCall<detail::TaskOf<F>>::MapOptions options = {}) {
    return with_callbacks(
        begin_starmap<detail::TaskOf<F>>(plain(options), std::forward<Range>(range)), options);
  }

  /// The results one after the other, in the order of the input, while the input is still read: it
  /// may have no end. Gives an AsyncMapResult, which is a range. An item's error is thrown where
  /// its value would be given, and iteration can go on behind it.
  template <auto F, class Range>
  auto imap(Range&& range, MapOptions options = {}) {
    return begin_map<detail::Constant<F>>(options, std::forward<Range>(range));
  }
  template <class F, class Range>
  auto imap(F, Range&& range, MapOptions options = {}) {
    return begin_map<detail::TaskOf<F>>(options, std::forward<Range>(range));
  }
  /// The same in the order in which they come, as pairs of an item's index and its value.
  template <auto F, class Range>
  auto imap_unordered(Range&& range, MapOptions options = {}) {
    return begin_map<detail::Constant<F>>(options, std::forward<Range>(range)).as_completed();
  }
  template <class F, class Range>
  auto imap_unordered(F, Range&& range, MapOptions options = {}) {
    return begin_map<detail::TaskOf<F>>(options, std::forward<Range>(range)).as_completed();
  }

  // --- objects that all calls share ---

  /// Later calls of this pool find the value by `context.shared<T>("table")` (Context::shared). It
  /// is encoded here and travels once, however many calls there are: from 1 MiB on once to each
  /// host, where all workers see it in the same memory. Setting the word again is for later calls;
  /// earlier ones keep what they were called with. An initializer finds the words of the first call
  /// that its worker gets. Never waits for workers. Throws as muster::same does, and ClusterError
  /// when the pool is closed. (MPIRE's set_shared_objects.)
  template <class T>
  void set_shared(std::string word, const T& value) {
    set_shared(std::move(word), same(value));
  }
  template <class T>
  void set_shared(std::string word, const Same<T>& value) {
    life_->set_shared(std::move(word), {value.value(), typeid(T).name()});
  }
  /// Later calls don't find it any more. False when there is nothing of this word.
  bool forget_shared(const std::string& word) { return life_->forget_shared(word); }

  // --- one value of all items ---

  /// Hands a function chunks of contiguous items, as std::span<const T>, and blocks until it has
  /// joined the std::vectors that it returns: see LoadBalancedView::map_chunks. By default there
  /// are several chunks for each worker. Gives up with the first chunk that fails.
  template <auto F, class Range>
  auto map_chunks(Range&& range, MapOptions options = {}) {
    return map_chunks_async<F>(std::forward<Range>(range), options).get();
  }
  template <class F, class Range>
  auto map_chunks(F function, Range&& range, MapOptions options = {}) {
    return map_chunks_async(function, std::forward<Range>(range), options).get();
  }
  /// The same without waiting: gives an AsyncChunks.
  template <auto F, class Range>
  auto map_chunks_async(Range&& range, MapOptions options = {}) {
    return begin_chunks<detail::Constant<F>>(options, std::forward<Range>(range));
  }
  template <class F, class Range>
  auto map_chunks_async(F, Range&& range, MapOptions options = {}) {
    return begin_chunks<detail::TaskOf<F>>(options, std::forward<Range>(range));
  }

  /// Calls `f` for each item and makes one value of all results by `combine`, on the workers first,
  /// then here: `pool.fold<f, combine>(xs)`; see LoadBalancedView::fold. Blocks. Throws
  /// ClusterError when there are no items: fold_async<f, combine>(xs).get_or(value) gives `value`
  /// then.
  template <auto F, auto Combine, class Range>
  auto fold(Range&& range, MapOptions options = {}) {
    return fold_async<F, Combine>(std::forward<Range>(range), options).get();
  }
  template <class F, class Combine, class Range>
  auto fold(F function, Combine combine, Range&& range, MapOptions options = {}) {
    return fold_async(function, combine, std::forward<Range>(range), options).get();
  }
  /// The same without waiting: gives an AsyncFold.
  template <auto F, auto Combine, class Range>
  auto fold_async(Range&& range, MapOptions options = {}) {
    return begin_fold<detail::Constant<F>, detail::Constant<Combine>>(options,
                                                                      std::forward<Range>(range));
  }
  template <class F, class Combine, class Range>
  auto fold_async(F, Combine, Range&& range, MapOptions options = {}) {
    return begin_fold<detail::TaskOf<F>, detail::TaskOf<Combine>>(options,
                                                                  std::forward<Range>(range));
  }

  // --- the end ---

  /// Takes no more calls. What was begun goes on. Never blocks.
  void close() { life_->close(); }
  bool closed() const { return life_->closed(); }
  /// Blocks until everything has ended that the pool was asked for, and every callback was made;
  /// then ends the workers. It reads on what maps have left of their input, so don't iterate over
  /// one on another thread meanwhile. Results can be got afterwards. Throws ClusterError when the
  /// pool isn't closed.
  void join() { life_->join(); }
  /// What PoolOptions::exit has returned in each worker, by their ids, ascending; R is its type.
  /// Throws ClusterError when join() hasn't called it, and its errors as EngineResults::get() does.
  template <class R>
  std::vector<R> exit_results() const {
    std::vector<R> results;
    for (const std::vector<char>& body : life_->exit_results())
      results.push_back(detail::decode_result<R>(std::as_bytes(std::span(body))));
    return results;
  }
  /// Ends the workers at once, and what they do: results that have not come throw ConnectionLost.
  /// Returns when no process is left and every callback that was due has been made.
  void terminate() { life_->terminate(); }

  /// How the workers have spent their time until now, and which tasks took longest; as text with
  /// `std::cout << pool.insights()`, as JSON and as a picture. Also after join(). Blocks for a
  /// round trip, or for a second when a worker is busy. Throws ClusterError when
  /// PoolOptions::insights is false.
  Insights insights() const { return life_->insights(); }

  /// The pool as a client, for what it doesn't have itself.
  const Client& client() const { return life_->client(); }
  LoadBalancedView load_balanced_view() const { return *life_->view(); }
  LoadBalancedView load_balanced_view(ViewOptions options) const {
    return life_->view()->with(std::move(options));
  }

 private:
  static constexpr detail::PoolLife::Tasks own_tasks{&detail::carry_out_on_all,
                                                     &detail::describe_all};

  template <class Task, class... Arguments>
  auto call(Arguments&&... arguments) {
    return detail::ViewCalls::apply<Task>(*life_->view(), std::forward<Arguments>(arguments)...)
        .get();
  }

  template <class Task, class Arguments, class Options>
  auto start(Arguments arguments, Options options) {
    if constexpr (std::is_same_v<Arguments, detail::AnyArguments>) {
      detail::refuse_mistakes<detail::task_verdict<Task>()>();
      return detail::Refused{};
    } else {
      auto result = std::apply(
          [this](auto&&... argument) {
            return detail::ViewCalls::apply<Task>(*life_->view(), std::move(argument)...);
          },
          std::move(arguments));
      if (options.callback || options.error_callback) {
        result.on_done([options = std::move(options), due = life_->expect_callback()](
                           const auto& done) { call_back(options, [&] { return done.get(); }); });
      }
      return result;
    }
  }

  template <class Task, class Range>
  auto begin_map(const MapOptions& options, Range&& range) {
    return remembered(detail::ViewCalls::map<Task>(
        life_->view_for(options), detail::plan_of(options), std::forward<Range>(range)));
  }
  template <class Task, class Range>
  auto begin_starmap(const MapOptions& options, Range&& range) {
    return remembered(detail::ViewCalls::starmap<Task>(
        life_->view_for(options), detail::plan_of(options), std::forward<Range>(range)));
  }

  template <class Task, class Range>
  auto begin_chunks(const MapOptions& options, Range&& range) {
    return remembered(detail::ViewCalls::map_chunks<Task>(
        life_->view_for(options), detail::plan_of(options), std::forward<Range>(range)));
  }
  template <class Task, class Combine, class Range>
  auto begin_fold(const MapOptions& options, Range&& range) {
    return remembered(detail::ViewCalls::fold<Task, Combine>(
        life_->view_for(options), detail::plan_of(options), std::forward<Range>(range)));
  }

  template <class Map>
  Map remembered(Map map) {
    if constexpr (!std::is_base_of_v<detail::Refused, Map>)
      life_->wait_for_map(detail::ViewCalls::window_of(map));
    return map;
  }

  template <class R, class Options>
  AsyncMapResult<R> with_callbacks(AsyncMapResult<R> map, Options& options) {
    if (!options.callback && !options.error_callback) return map;
    const std::shared_ptr<detail::MapWindow> window = detail::ViewCalls::window_of(map);
    window->read_all();
    window->on_ended(detail::make_callback(
        [options = std::move(options), window, due = life_->expect_callback()] {
          const AsyncMapResult<R> ended(window);
          call_back(options, [&] { return ended.get(); });
        }));
    return map;
  }
  template <class Options>
  static detail::RefusedMap with_callbacks(detail::RefusedMap map, Options&) {
    return map;
  }

  /// With what `get` gives or throws. What a callback itself throws is nobody's error.
  template <class Options, class Get>
  static void call_back(const Options& options, Get get) {
    using Value = decltype(get());
    if constexpr (std::is_void_v<Value>) {
      try {
        get();
      } catch (...) {
        return detail::call_with_current_error(options.error_callback);
      }
      if (options.callback) options.callback();
    } else {
      std::optional<Value> value;
      try {
        value.emplace(get());
      } catch (...) {
        return detail::call_with_current_error(options.error_callback);
      }
      if (options.callback) options.callback(*value);
    }
  }

  template <class Options>
  static MapOptions plain(const Options& options) {
    return {options.chunk_size,       options.n_splits, options.iterable_len,
            options.max_tasks_active, options.progress, options.progress_options,
            options.order_tasks};
  }

  std::unique_ptr<detail::PoolLife> life_;
};

}  // namespace muster
