#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include <muster/detail/codec.hpp>
#include <muster/detail/pool_life.hpp>
#include <muster/detail/view_calls.hpp>
#include <muster/error.hpp>

#include "client/callbacks.hpp"
#include "launcher/usable_cpus.hpp"

namespace muster::detail {
namespace {

/// A worker that is busy for longer is not asked how it began.
constexpr std::chrono::seconds log_patience{1};

/// Those of the pool's tasks.
ViewOptions checked_options(const PoolOptions& options) {
  ViewOptions tasks = options.tasks;
  if (tasks.chunk != 0 || tasks.window != 0) {
    throw ClusterError(
        "PoolOptions::tasks has a chunk or a window: say chunk_size and max_tasks_active in the "
        "call of map");
  }
  if (tasks.initializer || tasks.worker_lifespan != 0) {
    throw ClusterError(
        "PoolOptions::tasks has an initializer or a worker_lifespan: set the pool's own");
  }
  if (options.exit && options.worker_lifespan != 0) {
    throw ClusterError(
        "PoolOptions has an exit function and a worker_lifespan: a process that is replaced comes "
        "to no exit function, so give one of the two");
  }
  if (options.engines_as == threads && options.worker_lifespan != 0) {
    throw ClusterError(
        "PoolOptions::worker_lifespan is for workers that are processes: a thread that is replaced "
        "has the same memory");
  }
  if (options.exit_timeout && options.exit_timeout->count() <= 0)
    throw ClusterError("PoolOptions::exit_timeout must be longer than nothing");
  if (options.exit_timeout && !options.exit) {
    throw ClusterError(
        "PoolOptions has an exit_timeout and no exit function: set PoolOptions::exit, or leave it "
        "out");
  }
  tasks.initializer = options.initializer;
  tasks.worker_lifespan = options.worker_lifespan;
  return tasks;
}

/// Null when none is wanted.
std::unique_ptr<PoolLog> log_of(const PoolOptions& options, PoolLog::Clock::time_point begin,
                                int workers, const LoadBalancedView& view,
                                const PoolLife::Tasks& own) {
  if (!options.insights) return nullptr;
  return std::make_unique<PoolLog>(begin, static_cast<std::size_t>(workers),
                                   ViewCalls::connection_of(view), own.describe_all);
}

}  // namespace

PoolLife::PoolLife(int workers, const PoolOptions& options, const Tasks& own)
    : exit_(options.exit),
      exit_timeout_(options.exit_timeout),
      call_on_all_(own.call_on_all),
      cluster_(std::in_place, ClusterOptions{.engines = workers,
                                             .cpu_ids = options.cpu_ids,
                                             .engines_as = options.engines_as}),
      client_(cluster_->client()),
      view_(std::make_shared<const LoadBalancedView>(
          client_.load_balanced_view(checked_options(options)))),
      log_(log_of(options, begin_, workers > 0 ? workers : launcher::usable_cpus(), *view_, own)) {}

PoolLife::PoolLife(const Client& client, const PoolOptions& options, const Tasks& own)
    : exit_(options.exit),
      exit_timeout_(options.exit_timeout),
      call_on_all_(own.call_on_all),
      client_(client),
      view_(std::make_shared<const LoadBalancedView>(
          client_.load_balanced_view(checked_options(options)))),
      log_(log_of(options, begin_, 0, *view_, own)) {
  if (options.engines_as == threads) {
    throw ClusterError(
        "PoolOptions::engines_as is for workers of the pool's own: what the engines of a cluster "
        "are, who starts it says");
  }
  if (!options.cpu_ids.empty()) {
    throw ClusterError(
        "PoolOptions::cpu_ids is for workers of the pool's own: where those of a cluster run, who "
        "starts it says");
  }
}

std::shared_ptr<const LoadBalancedView> PoolLife::view() const {
  const std::scoped_lock lock(mutex_);
  refuse_unless_open();
  return view_;
}

void PoolLife::refuse_unless_open() const {
  if (phase_ == Phase::open) return;
  throw ClusterError(phase_ == Phase::closed
                         ? "this pool is closed: it takes no more calls. Make another one, or "
                           "close it later"
                         : "this pool is over: it was joined or terminated. Make another one");
}

ViewOptions PoolLife::task_options() const {
  const std::scoped_lock lock(mutex_);
  return view_->options();
}

LoadBalancedView PoolLife::view_for(const MapOptions& options) const {
  if (options.chunk_size != 0 && options.n_splits != 0) {
    throw ClusterError("chunk_size and n_splits both say how large a chunk is: give one of them");
  }
  const std::shared_ptr<const LoadBalancedView> own = view();
  ViewOptions with = own->options();
  with.chunk = options.chunk_size;
  with.whole_chunks = options.chunk_size != 0;
  with.order_tasks = options.order_tasks;
  with.window = options.max_tasks_active;
  return own->with(std::move(with));
}

void PoolLife::set_shared(std::string word, SharedObjects::Object object) {
  const std::scoped_lock lock(mutex_);
  refuse_unless_open();
  SharedObjects objects = view_->options().shared;
  objects.set(std::move(word), std::move(object));
  share(objects);
}

bool PoolLife::forget_shared(const std::string& word) {
  const std::scoped_lock lock(mutex_);
  SharedObjects objects = view_->options().shared;
  if (!objects.forget(word)) return false;
  share(objects);
  return true;
}

void PoolLife::share(const SharedObjects& objects) {
  ViewOptions with = view_->options();
  with.shared = objects;
  view_ = std::make_shared<const LoadBalancedView>(ViewCalls::continued(*view_, std::move(with)));
}

void PoolLife::wait_for_map(const std::shared_ptr<MapWindow>& window) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(maps_, [](const auto& map) { return map.expired(); });
  maps_.push_back(window);
}

std::shared_ptr<void> PoolLife::expect_callback() {
  {
    const std::scoped_lock lock(callbacks_->mutex);
    ++callbacks_->due;
  }
  // Only what it deletes counts; it points to something because nothing isn't deleted.
  return {static_cast<void*>(callbacks_.get()), [callbacks = callbacks_](void*) {
            const std::scoped_lock lock(callbacks->mutex);
            if (--callbacks->due == 0) callbacks->made.notify_all();
          }};
}

bool PoolLife::closed() const {
  const std::scoped_lock lock(mutex_);
  return phase_ != Phase::open;
}

void PoolLife::close() {
  const std::scoped_lock lock(mutex_);
  if (phase_ == Phase::open) phase_ = Phase::closed;
}

void PoolLife::join() {
  {
    const std::scoped_lock lock(mutex_);
    if (phase_ == Phase::over) return;
    if (phase_ == Phase::open)
      throw ClusterError(
          "this pool still takes calls: close() it before join(), or terminate() it");
  }
  if (client::in_callback()) {
    throw WouldBlock("join() waits for all callbacks, and was called by one of them");
  }
  finish_maps();
  client_.wait();
  wait_for_callbacks();
  if (log_ && task_options().worker_lifespan == 0)
    log_->ask(PoolLog::Whom::have_worked, log_patience);
  if (exit_) call_exits();
  end();
}

void PoolLife::terminate() {
  {
    const std::scoped_lock lock(mutex_);
    if (phase_ == Phase::over) return;
    phase_ = Phase::closed;
  }
  if (!cluster_) client_.abort();
  end();
}

/// Maps read their input where somebody waits for them, which nobody else may do any more.
void PoolLife::finish_maps() {
  std::vector<std::weak_ptr<MapWindow>> maps;
  {
    const std::scoped_lock lock(mutex_);
    maps.swap(maps_);
  }
  for (const std::weak_ptr<MapWindow>& map : maps) {
    const std::shared_ptr<MapWindow> window = map.lock();
    if (!window) continue;
    const auto turn = window->lock();
    window->finish_all(MapWindow::Time::max());
  }
}

/// A worker that has had nothing to do is initialized for it.
void PoolLife::call_exits() {
  const ViewOptions tasks = task_options();
  const DirectView all = client_.all().with({.timeouts = {.run = exit_timeout_},
                                             .initializer = tasks.initializer,
                                             .shared = tasks.shared});
  ExitResults results = call_on_all_(all, decode_result<DistantCall>(exit_.value()->body.bytes()));
  results.wait();
  if (log_) log_->note_exits(results);
  const std::scoped_lock lock(mutex_);
  exited_ = std::move(results);
}

std::vector<std::vector<char>> PoolLife::exit_results() const {
  std::optional<ExitResults> results;
  {
    const std::scoped_lock lock(mutex_);
    results = exited_;
  }
  if (results) return results->get();
  throw ClusterError(exit_ ? "the exit function is called by join(), which has not been"
                           : "this pool has no exit function: set PoolOptions::exit");
}

Insights PoolLife::insights() const {
  if (!log_) {
    throw ClusterError("this pool keeps no insights, because PoolOptions::insights is false");
  }
  {
    std::unique_lock lock(mutex_);
    const bool there = phase_ != Phase::over;
    lock.unlock();
    if (there) log_->ask(PoolLog::Whom::all, log_patience);
  }
  return log_->insights();
}

void PoolLife::wait_for_callbacks() {
  std::unique_lock lock(callbacks_->mutex);
  callbacks_->made.wait(lock, [this] { return callbacks_->due == 0; });
}

void PoolLife::end() {
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(phase_, Phase::over) == Phase::over) return;
  }
  cluster_.reset();
}

MapPlan plan_of(const MapOptions& options) {
  MapPlan plan;
  if (options.iterable_len != 0) plan.items = options.iterable_len;
  plan.splits = options.n_splits;
  if (options.progress) plan.progress = options.progress_options;
  plan.shared = true;
  return plan;
}

void call_with_current_error(const ErrorCallback& error_callback) {
  if (!error_callback) return;
  try {
    throw;
  } catch (const std::exception& error) {
    error_callback(error);
  } catch (...) {
    error_callback(std::runtime_error("the input of a map has thrown what is no std::exception"));
  }
}

}  // namespace muster::detail
