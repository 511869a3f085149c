#pragma once
// What a pool of workers and its calls may be told.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

#include <muster/cpu_ids.hpp>
#include <muster/engines_as.hpp>
#include <muster/fn.hpp>
#include <muster/progress.hpp>
#include <muster/view_options.hpp>

namespace muster {

/// The order of the members is promised.
struct PoolOptions {
  /// Runs once in each worker process before its first task, as ViewOptions::initializer says:
  /// `muster::fn<load>`, or with arguments `muster::fn<load>.with("table")`.
  FunctionCall initializer{};
  /// Called in each worker by join(), when all else has ended; Pool::exit_results has what it
  /// returns. A process that is replaced before, or dies, doesn't come to that, so it can't be had
  /// together with worker_lifespan.
  FunctionCall exit{};
  /// How long that may take: then its result is TimedOut, and the worker ends without it. Nothing:
  /// as long as it likes.
  std::optional<std::chrono::nanoseconds> exit_timeout{};
  /// Where the workers may run, as ClusterOptions::cpu_ids says. Not on a cluster that runs
  /// already.
  std::vector<CpuIds> cpu_ids{};
  /// Tasks, items of maps each, after which a worker's process is replaced by a new one; 0: never.
  std::uint32_t worker_lifespan = 0;
  /// Writes down for Pool::insights what each worker does, which costs each task a little time.
  bool insights = true;
  /// Of every task: retries, time limits, a label. `chunk` and `window` are the calls' own, and
  /// what stands above is set above.
  ViewOptions tasks{};
  /// `muster::threads`: the workers are threads of this program, as ClusterOptions::engines_as
  /// says. Can't be had with cpu_ids or worker_lifespan, nor on a cluster that runs already.
  EnginesAs engines_as = processes;
};

namespace detail {

template <class Value>
struct CallbackFor {
  using Type = std::function<void(const Value&)>;
};
template <>
struct CallbackFor<void> {
  using Type = std::function<void()>;
};

}  // namespace detail

/// Of a callback that gets an error: what get() would have thrown.
using ErrorCallback = std::function<void(const std::exception&)>;

/// R is what the task returns. Exactly one of the two is called, once, on the thread of the
/// client's callbacks (see AsyncResult::on_done), if it is there.
template <class R>
struct ApplyOptions {
  typename detail::CallbackFor<R>::Type callback{};  ///< with the value
  ErrorCallback error_callback{};                    ///< with the error
};

/// The order of the members is promised.
struct MapOptions {
  std::size_t chunk_size = 0;    ///< items that go to a worker together; 0: about a millisecond's
  std::size_t n_splits = 0;      ///< so many chunks of nearly the same size; 0: chunk_size counts
  std::size_t iterable_len = 0;  ///< items of an input that doesn't know: it is read no further; 0:
                                 ///< to its end
  std::size_t max_tasks_active = 0;  ///< items that are read ahead of the one that is used; of one
                                     ///< that is late, unfinished items; 0: as memory suggests
  bool progress = false;  ///< whoever waits or iterates shows on stderr how far the map has come
  ProgressOptions progress_options{};  ///< a title, a place, or whom to tell instead
  bool order_tasks = false;  ///< chunks go to the workers in turn: see ViewOptions::order_tasks
};

/// The same with callbacks: `Values` is what get() of the map gives. Exactly one of the two is
/// called, once, when all items have ended.
template <class Values>
struct MapAsyncOptions {
  std::size_t chunk_size = 0;
  std::size_t n_splits = 0;
  std::size_t iterable_len = 0;
  std::size_t max_tasks_active = 0;
  bool progress = false;
  ProgressOptions progress_options{};
  bool order_tasks = false;
  typename detail::CallbackFor<Values>::Type callback{};
  ErrorCallback error_callback{};
};

}  // namespace muster
