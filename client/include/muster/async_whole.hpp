#pragma once
// The one future value that all calls of a map make together: the joined vectors of map_chunks, the
// result of a fold.

#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <muster/dependencies.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/chunk_places.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/map_iterator.hpp>
#include <muster/detail/map_window.hpp>
#include <muster/error.hpp>
#include <muster/item_error.hpp>
#include <muster/progress.hpp>
#include <muster/wait_interactive.hpp>

namespace muster {

namespace detail {
struct ViewCalls;
}

/// `Whole` makes the value: it is given the chunks' results one after the other, in the order of
/// the input, and then asked for it.
///
/// Move-only. For one thread at a time, save progress() and the times. Input is read as that of an
/// AsyncMapResult is: by the threads that call. Dropping it neither cancels nor waits. progress()
/// counts chunks, whose number isn't known in a fold before the input has ended.
template <class Whole>
class AsyncWhole {
 public:
  using Value = typename Whole::Value;

  AsyncWhole(std::shared_ptr<detail::MapWindow> window, std::shared_ptr<detail::ChunkPlaces> places)
      : window_(std::move(window)), places_(std::move(places)) {}
  AsyncWhole(AsyncWhole&&) noexcept = default;
  AsyncWhole& operator=(AsyncWhole&&) noexcept = default;

  /// Blocks until all chunks have ended; gives the value. With the first chunk that fails it gives
  /// up: no more input is read, what has not ended is wished to be cancelled, and the error is
  /// thrown, which is an ItemError: index() is the first item of that chunk, what() says the last
  /// one, too. May be repeated. Throws ClusterError when there is no value: a fold of no items.
  Value get() const& {
    make();
    return whole_.value();
  }
  Value get() && {
    make();
    return std::move(whole_).value();
  }
  /// The same, but throws TimedOut (Limit::wait) when that takes longer than `patience`. The chunks
  /// that were submitted go on.
  template <class Count, class Period>
  Value get(std::chrono::duration<Count, Period> patience) const {
    if (!wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return get();
  }
  /// Of a fold: the value, or `otherwise` when there were no items.
  template <class V = Value>
  V get_or(std::type_identity_t<V> otherwise) const {
    make();
    return whole_.empty() ? std::move(otherwise) : whole_.value();
  }

  /// Blocks until all chunks have ended, in whichever way.
  void wait() const { finish_all(std::chrono::steady_clock::time_point::max()); }
  /// The same, for `patience` at most. False when some have not ended by then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    return finish_all(detail::deadline_after(patience));
  }
  /// wait_for(options.patience) that shows on stderr how far it has come, in chunks.
  bool wait_interactive(const InteractiveOptions& options = {}) const {
    return detail::wait_interactively(*this, options);
  }
  /// All chunks have ended; reads input when the window has room.
  bool ready() const { return finish_all(std::chrono::steady_clock::time_point::min()); }
  /// Reads no more input, and wishes that what has not ended be cancelled. Doesn't wait for it.
  void cancel() const {
    const auto turn = window().lock();
    window().cancel();
  }

  Progress progress() const { return window().progress(); }
  std::chrono::nanoseconds elapsed() const { return window().elapsed(); }
  std::chrono::nanoseconds serial_time() const { return window().serial_time(); }
  std::chrono::nanoseconds wall_time() const { return window().wall_time(); }

  /// `.after = {whole}`: all of its chunks. See MapReference.
  operator MapReference() const {
    const auto turn = window().lock();
    return MapReference(window().awaited());
  }

  bool valid() const noexcept { return window_ != nullptr; }

 private:
  friend detail::ViewCalls;
  using Part = typename Whole::Part;

  detail::MapWindow& window() const {
    if (!window_) throw ClusterError("this result names no map: it was moved from");
    return *window_;
  }

  bool finish_all(std::chrono::steady_clock::time_point end) const {
    const auto turn = window().lock(end);
    return turn && (made_ || window().finish_all(end));
  }

  void make() const {
    const auto turn = window().lock();
    if (!std::exchange(made_, true)) {
      try {
        take_all();
      } catch (...) {
        error_ = std::current_exception();
      }
    }
    if (error_) std::rethrow_exception(error_);
  }

  void take_all() const {
    for (std::size_t chunk = 0; window().finish_unless_failed(chunk); ++chunk) {
      if (window().failed()) break;
      whole_.add(part(chunk));
      window().forget(chunk);
    }
    if (const auto failed = window().failed()) {
      window().cancel();
      part(*failed);
    }
  }

  detail::ItemOf<Part> part(std::size_t chunk) const {
    try {
      if constexpr (std::is_void_v<Part>) {
        detail::decode_result<void>(window().outcome(chunk));
        return {};
      } else {
        return detail::decode_result<Part>(window().outcome(chunk));
      }
    } catch (...) {
      detail::rethrow_for_items(places_->first(chunk), places_->count(chunk));
    }
  }

  std::shared_ptr<detail::MapWindow> window_;
  std::shared_ptr<detail::ChunkPlaces> places_;
  mutable Whole whole_{};
  mutable bool made_ = false;
  mutable std::exception_ptr error_;
};

namespace detail {

/// One value for each chunk.
template <class R>
struct JoinedValues {
  using Part = R;
  using Value = std::vector<R>;
  Value all;

  void add(R part) { all.push_back(std::move(part)); }
  const Value& value() const& { return all; }
  Value value() && { return std::move(all); }
};
template <>
struct JoinedValues<void> {
  using Part = void;
  using Value = void;

  void add(std::monostate) {}
  void value() const {}
};
/// The vectors of the chunks one behind the other.
template <class T, class A>
struct JoinedValues<std::vector<T, A>> {
  using Part = std::vector<T, A>;
  using Value = Part;
  Value all;

  void add(Part part) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  const Value& value() const& { return all; }
  Value value() && { return std::move(all); }
};

template <class R, class Combine>
struct FoldedValue {
  using Part = R;
  using Value = R;
  std::optional<R> all;

  void add(R part) {
    if (!all) {
      all.emplace(std::move(part));
    } else {
      typename Combine::Callable combine = Combine::make();
      all.emplace(combine(*std::move(all), std::move(part)));
    }
  }
  bool empty() const { return !all; }
  const R& value() const& {
    refuse_nothing();
    return *all;
  }
  R value() && {
    refuse_nothing();
    return *std::move(all);
  }
  void refuse_nothing() const {
    if (!all)
      throw ClusterError("a fold of no items has no value: say what it is by get_or(value)");
  }
};

/// Stands in for the result of a call that was refused.
struct RefusedWhole : Refused {
  Refused get_or(auto) const;
  Progress progress() const;
  std::chrono::nanoseconds elapsed() const;
  std::chrono::nanoseconds serial_time() const;
  std::chrono::nanoseconds wall_time() const;
};

}  // namespace detail

/// What map_chunks gives: a std::vector of all elements of the chunks' vectors, or of the chunks'
/// values; R is what the function returns.
template <class R>
using AsyncChunks = AsyncWhole<detail::JoinedValues<R>>;
/// What fold gives.
template <class R, class Combine>
using AsyncFold = AsyncWhole<detail::FoldedValue<R, Combine>>;

}  // namespace muster
