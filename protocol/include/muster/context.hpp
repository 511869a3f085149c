#pragma once
// What a running task may ask about itself.

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/current_process.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/engine_values.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/publication.hpp>
#include <muster/transportable.hpp>

namespace muster {

namespace detail {
struct SeedOfContext;
}

/// A task that has a parameter of type `Context&`, at any position, is given its context by the
/// engine; the caller passes nothing for it. Valid until the task returns; for the task's own
/// thread, except for the stop token, which may be handed on.
class Context {
 public:
  /// The id of the engine that runs this task; it outlives the engine's process. (MPIRE's worker
  /// id.)
  virtual int engine() const = 0;
  /// The process that runs it.
  virtual CurrentProcess process() const = 0;
  /// 1 the first time this task is started and one more at each later start. Being moved before it
  /// has started doesn't count.
  virtual int attempt() const = 0;
  /// Asked to stop when the task is cancelled, has passed its run or total limit, or has settled
  /// elsewhere meanwhile. A task that wants it alone can take a `std::stop_token` parameter
  /// instead.
  virtual std::stop_token stop() const = 0;

  /// A seed for random numbers, this task's own: `std::mt19937_64 random(context.seed());`. The
  /// same on every attempt, whichever engine runs it and however many there are, and in every run
  /// of a program that submits the same; another ViewOptions::seed gives other ones.
  ///
  /// Of a map, the item's place in the input decides it; of apply() the how-manieth call of its
  /// view it is (copies of a view count together, with() begins anew), and in a direct view the
  /// engine's id as well. A task that takes no Context doesn't count.
  std::uint64_t seed() const { return seed_; }

  /// What was pushed to this engine under this name, by DirectView::push or by push() in a task
  /// that ran here, as it is: nothing is copied or decoded. It stays until this task ends, also
  /// when the name is pushed again meanwhile. It lives in this process, and ends with it. Throws
  /// UnknownName, and WrongType when it is of another type than T.
  template <class T>
  const T& pull(std::string_view name) const {
    static_assert(std::is_same_v<T, detail::Owned<T>>,
                  "pull what was pushed: a std::vector or a std::string, not a view of it");
    return values().get<T>(name);
  }
  /// Something of this name is here.
  bool has(std::string_view name) const { return values().has(name); }
  /// Keeps a value on this engine, in place of what had this name, for later tasks of this program
  /// here, whoever submits them. Text is kept as a std::string, a span as a std::vector.
  template <class T>
  void push(std::string name, T value) {
    values().put<detail::Owned<T>>(std::move(name), detail::owned<T>(std::move(value)));
  }

  /// A shared object of this word, as the pool's set_shared or the view's ViewOptions::shared gave
  /// it: of a std::vector<N> of numbers (or a std::span<const N>) a std::span<const N> of the
  /// numbers where they lie, from 1 MiB on in memory that all engines of this host share; of any
  /// other T a `const T&`, which this process has decoded once. It stays until this task ends.
  /// Read-only. Throws UnknownName, and WrongType when it is of another type.
  template <class T>
  decltype(auto) shared(std::string_view word) const {
    using Kept = detail::Owned<T>;
    const std::string_view name = values().shared_name(word, typeid(Kept));
    if constexpr (detail::RawVector<Kept>) {
      return values().bound_array<typename Kept::value_type>(name);
    } else {
      return values().bound<Kept>(name);
    }
  }

  /// Says a value while the task runs, which its caller reads by `result.published<T>()`, of the
  /// same type. The latest one counts: about ten in a second are sent, so that a loop may publish
  /// as often as it likes, and the last one before the task's outcome; a controller that dies may
  /// take some along. 64 KiB at most, else TooLarge is thrown. Text is sent as a std::string, a
  /// span as a std::vector. Of items of a map
  /// AsyncMapResult::published reads it.
  template <class T>
  void publish(const T& value) {
    using Sent = detail::Owned<T>;
    static_assert(Transportable<Sent>,
                  "what is published is of a type that cannot travel: give it MSGPACK_DEFINE");
    detail::Buffer body;
    if constexpr (std::is_same_v<T, Sent>) {
      detail::encode_result(body, value);
    } else {
      detail::encode_result(body, detail::owned<std::decay_t<T>>(value));
    }
    publication().publish(std::move(body));
  }
  /// Says how far the task has come, between 0 and 1, for `result.progress()` and what
  /// wait_interactive shows. As often as one likes, too.
  void progress(double fraction) { publication().set_progress(fraction); }
  /// The same as `done` of `total`.
  void progress(std::size_t done, std::size_t total) {
    progress(total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total));
  }

  /// What pull and push are made of, and what publish is.
  virtual detail::EngineValues& values() const = 0;
  virtual detail::Publication& publication() const = 0;

 protected:
  Context() = default;
  Context(const Context&) = default;
  Context& operator=(const Context&) = default;
  ~Context() = default;  // nobody owns a task through its context

 private:
  friend detail::SeedOfContext;

  std::uint64_t seed_ = 0;
};

}  // namespace muster
