#pragma once
// The future results of a map: one for each item of its input.

#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/dependencies.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/map_iterator.hpp>
#include <muster/detail/map_window.hpp>
#include <muster/detail/task_times.hpp>
#include <muster/error.hpp>
#include <muster/item_error.hpp>
#include <muster/outcome.hpp>
#include <muster/progress.hpp>
#include <muster/stream_output.hpp>
#include <muster/task_info.hpp>
#include <muster/wait_interactive.hpp>

namespace muster {

namespace detail {
struct ViewCalls;
}

/// The results of a map as they arrive: pairs of an item's index in the input and its value (a
/// std::monostate for a function that returns nothing). A range to be iterated once. What
/// AsyncMapResult says about iteration holds here too.
template <class R>
class CompletedItems {
 public:
  using Iterator = detail::MapIterator<R, detail::MapWindow::Order::arrival>;

  explicit CompletedItems(std::shared_ptr<detail::MapWindow> window) : window_(std::move(window)) {}
  CompletedItems(CompletedItems&&) noexcept = default;
  CompletedItems& operator=(CompletedItems&&) noexcept = default;

  Iterator begin() {
    window_->start(detail::MapWindow::Order::arrival);
    return Iterator(*window_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::shared_ptr<detail::MapWindow> window_;
};

/// What an item of a map has published.
template <class Value>
struct PublishedItem {
  std::size_t index = 0;  ///< in the input
  Value value{};
};

/// A range of results in the order of the input, to be iterated once, while they arrive:
///
///     for (double energy : view.map<simulate>(temperatures)) use(energy);
///
/// Move-only. For one thread at a time, save progress(), output(), info(), published(), size() and
/// the times, which any thread may ask meanwhile. When it was default constructed or moved from,
/// everything but valid() throws ClusterError.
///
/// INPUT is read by the threads that call, never behind their backs: by map() until the window is
/// full, then by whoever iterates or waits here. While results are ready when they are wanted, at
/// most ViewOptions::window items are read ahead of the one being read: by default 4096, or as many
/// as the engines do in 4 ms if that is more, but never more than 65,536. While a thread waits for
/// a late item, what is behind it keeps the engines busy: then the window counts unfinished tasks,
/// and reading ahead ends when results that nobody has read take 64 MiB (with 256 bytes for each
/// that came by itself, or for those that came together). The arguments of unfinished tasks are
/// bounded by 8 MiB, or by four items for each engine if that is more, and by 64 MiB. Lacking
/// credit from the cluster ends it earlier.
///
/// ERRORS keep their place and their index. Iteration throws an item's error when that item is
/// read; `++`, or another loop over the same map, goes on behind it. The error is the task's own,
/// as AsyncResult::get() throws it, and an ItemError with the index as well. What the input throws
/// while it is read or encoded stands as it is at the place of the item that it could not give,
/// and ends the input; an item that is TooLarge ends nothing. When the connection is lost, results
/// that had arrived are given first, then ConnectionLost in place of each of the others.
///
/// DROPPING it neither cancels nor waits: what was submitted goes on, the rest is never read.
template <class R>
class AsyncMapResult {
 public:
  using Iterator = detail::MapIterator<R, detail::MapWindow::Order::input>;
  using Values = std::conditional_t<std::is_void_v<R>, void, std::vector<detail::ItemOf<R>>>;

  AsyncMapResult() = default;
  explicit AsyncMapResult(std::shared_ptr<detail::MapWindow> window) : window_(std::move(window)) {}
  AsyncMapResult(AsyncMapResult&&) noexcept = default;
  AsyncMapResult& operator=(AsyncMapResult&&) noexcept = default;

  /// Doesn't block. Begins behind the item that was read last, so that a second loop goes on where
  /// the first one was left. Passed items are forgotten.
  /// Throws ClusterError for a map with a callback, which wants all of its values.
  Iterator begin() {
    unread_window().start(detail::MapWindow::Order::input);
    return Iterator(window());
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// The same map in the order in which results arrive. It owns what it needs: `for (auto [i, e] :
  /// view.map<f>(xs).as_completed())`. Of a map with a name it is another way to iterate.
  CompletedItems<R> as_completed() && {
    unread_window();
    return CompletedItems<R>(std::move(window_));
  }
  CompletedItems<R> as_completed() & {
    unread_window();
    return CompletedItems<R>(window_);
  }

  /// Blocks until all items have ended; gives their values in the order of the input (nothing for a
  /// function that returns nothing). If one item has failed its error is thrown, with its index as
  /// above; if several have, a CompositeError with all of them. Never returns for endless input.
  /// May be repeated. Throws ClusterError when iteration has gone past an item before.
  Values get() const& {
    const auto turn = window().lock();
    return gather(window(), Keep::all);
  }

  /// The same for a map that nobody needs any more: an item's bytes are freed when it is decoded.
  Values get() && {
    window();
    const auto taken = std::move(window_);  // outlives the turn
    const auto turn = taken->lock();
    return gather(*taken, taken->calls_back() ? Keep::all : Keep::nothing);
  }

  /// The same for who wants all values or none: when an item has failed, whichever is seen first,
  /// no more input is read, what has not ended is wished to be cancelled, and that item's error is
  /// thrown, with its index. Doesn't wait for the others then.
  Values get(FirstFailure) && {
    window();
    const auto taken = std::move(window_);  // outlives the turn
    const auto turn = taken->lock();
    return gather_unless_failed(*taken);
  }

  /// The same, but throws TimedOut (Limit::wait) when the items take longer than `patience`. Those
  /// that were submitted go on.
  template <class Count, class Period>
  Values get(std::chrono::duration<Count, Period> patience) const {
    if (!wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return get();
  }

  /// Blocks until all items have ended; gives each one's value or error, in the order of the input.
  /// May be repeated. Throws ClusterError when iteration has gone past an item before.
  std::vector<Outcome<R>> get(ReturnExceptions) const {
    const auto turn = window().lock();
    window().require_whole();
    std::vector<Outcome<R>> outcomes;
    for (std::size_t index = 0; window().finish(index); ++index) {
      outcomes.push_back(
          detail::outcome_of<R>([&] { return detail::item_value<R>(window(), index); }));
    }
    return outcomes;
  }

  /// Blocks until all items have ended, in whichever way. Their results are kept, whatever they
  /// take. Never returns for endless input.
  void wait() const { finish_all(std::chrono::steady_clock::time_point::max()); }

  /// The same, for `patience` at most. False when some have not ended by then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    return finish_all(detail::deadline_after(patience));
  }

  /// wait_for(options.patience) that shows on stderr how far it has come, in items: a bar on a
  /// terminal, a line now and then elsewhere.
  bool wait_interactive(const InteractiveOptions& options = {}) const {
    return detail::wait_interactively(*this, options);
  }

  /// All items have ended: a wait_for of no time, so it reads input when the window has room, and
  /// who asks often enough gets a yes.
  bool ready() const { return finish_all(std::chrono::steady_clock::time_point::min()); }

  /// All items have ended with a value. Throws ClusterError unless ready(), which it asks.
  bool successful() const {
    if (!ready()) throw ClusterError("the map has not ended: wait before asking for success");
    return progress().failed == 0;
  }

  /// Reads no more input, and wishes that all tasks be cancelled that have not ended. Doesn't wait
  /// for the engines; the items that obeyed throw Cancelled when they are read. Not to be called by
  /// the map's own input.
  void cancel() const {
    const auto turn = window().lock();
    window().cancel();
  }

  Progress progress() const { return window().progress(); }

  /// What items have written to stdout and stderr, as far as that has arrived, in the order of the
  /// input; those that wrote nothing aren't among it. Also of items that iteration has passed. Of
  /// all together the first 16 MiB are kept. From any thread.
  std::vector<ItemsOutput> output() const { return window().outputs(); }
  /// wait_for(options.patience) that shows meanwhile, line by line, what items write, with their
  /// engine in front: `[3] ` or `[3 stderr] `.
  bool stream_output(const StreamOptions& options = {}) const {
    return detail::stream_output(*this, options);
  }
  /// Shows what they have written in the same way, at once.
  void display_outputs(const DisplayOptions& options = {}) const {
    detail::display_outputs(output(), options);
  }
  /// What stream_output is made of.
  std::vector<ItemsOutput> output_since(detail::OutputsRead& read) const {
    return window().outputs_since(read);
  }

  /// Where and when the items have run that have ended, in the order of the input; also those that
  /// iteration has passed. Throws ClusterError unless the map was made with ViewOptions::item_info.
  /// From any thread.
  std::vector<ItemsInfo> info() const { return window().outcomes().info(); }
  /// Between two of those times, from the earliest to the latest: as AsyncResult::timedelta.
  std::chrono::nanoseconds timedelta(detail::TimeSpan::Stamp from,
                                     detail::TimeSpan::Stamp to) const {
    detail::TimeSpan span(from, to);
    for (const ItemsInfo& items : info())
      span.add(items);
    return span.length();
  }

  /// What items have published last by Context::publish, while they run about a tenth of a second
  /// behind, later the last one: of those that have published something, in the order of the input,
  /// also of those that iteration has passed. Of the latest 16 MiB: what the first items have
  /// published is forgotten first. Throws ClusterError when a value is of another type. From any
  /// thread.
  template <class Value>
  std::vector<PublishedItem<Value>> published() const {
    std::vector<PublishedItem<Value>> values;
    for (const auto& [index, body] : window().outcomes().published())
      values.push_back({index, detail::decode_result<Value>(body.bytes())});
    return values;
  }
  /// The same of one item; nothing when it has published nothing.
  template <class Value>
  std::optional<Value> published(std::size_t index) const {
    const detail::Buffer body = window().outcomes().published(index);
    if (body.size() == 0) return std::nullopt;
    return detail::decode_result<Value>(body.bytes());
  }

  /// `.after = {map}`: all of its items. See MapReference.
  operator MapReference() const {
    const auto turn = window().lock();
    return MapReference(window().awaited());
  }

  /// How many items there are, if that is known: the shortest of the ranges when all of them have a
  /// size, any when the input has ended.
  std::optional<std::size_t> size() const { return window().size(); }

  /// From the first submission until now; wall_time() once all items have ended.
  std::chrono::nanoseconds elapsed() const { return window().elapsed(); }
  /// What the items that have ended took on their engines, added up: the time that one engine would
  /// have needed.
  std::chrono::nanoseconds serial_time() const { return window().serial_time(); }
  /// From the first submission to the latest arrival.
  std::chrono::nanoseconds wall_time() const { return window().wall_time(); }

  bool valid() const noexcept { return window_ != nullptr; }

 private:
  friend detail::ViewCalls;

  enum class Keep { all, nothing };

  detail::MapWindow& window() const {
    if (!window_) throw ClusterError("this AsyncMapResult names no map");
    return *window_;
  }

  detail::MapWindow& unread_window() const {
    if (window().calls_back()) {
      throw ClusterError("a map with a callback gives all values together: get() them");
    }
    return *window_;
  }

  bool finish_all(detail::MapWindow::Time end) const {
    const auto turn = window().lock(end);
    return turn && window().finish_all(end);
  }

  static Values gather_unless_failed(detail::MapWindow& window) {
    window.require_whole();
    std::vector<detail::ItemOf<R>> values;
    for (std::size_t index = 0; window.finish_unless_failed(index); ++index) {
      if (window.failed()) break;
      values.push_back(detail::item_value<R>(window, index));
      window.forget(index);
    }
    if (const auto failed = window.failed()) {
      window.cancel();
      detail::item_value<R>(window, *failed);
    }
    if constexpr (!std::is_void_v<R>) return values;
  }

  static Values gather(detail::MapWindow& window, Keep keep) {
    window.require_whole();
    std::vector<detail::ItemOf<R>> values;
    std::vector<CompositeError::Part> failures;
    for (std::size_t index = 0; window.finish(index); ++index) {
      try {
        values.push_back(detail::item_value<R>(window, index));
      } catch (const ConnectionLost&) {
        throw;  // no item's own; those behind it have no other
      } catch (...) {
        failures.push_back({index, std::current_exception()});
      }
      if (keep == Keep::nothing) window.forget(index);
    }
    if (failures.size() == 1) std::rethrow_exception(failures.front().error);
    if (!failures.empty()) throw CompositeError(std::move(failures));
    if constexpr (!std::is_void_v<R>) return values;
  }

  std::shared_ptr<detail::MapWindow> window_;
};

namespace detail {

/// Stands in for the results of a map that was refused, as Refused does for one result.
struct RefusedMap : Refused {
  Refused* begin() const;
  Refused* end() const;
  std::vector<std::pair<std::size_t, Refused>> as_completed() const;
  Progress progress() const;
  std::vector<ItemsOutput> output() const;
  std::vector<ItemsInfo> info() const;
  std::chrono::nanoseconds timedelta(detail::TimeSpan::Stamp, detail::TimeSpan::Stamp) const;
  template <class Value>
  std::vector<PublishedItem<Value>> published() const;
  template <class Value>
  std::optional<Value> published(std::size_t) const;
  std::optional<std::size_t> size() const;
  std::chrono::nanoseconds elapsed() const;
  std::chrono::nanoseconds serial_time() const;
  std::chrono::nanoseconds wall_time() const;
};

}  // namespace detail
}  // namespace muster
