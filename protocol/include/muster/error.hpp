#pragma once
// Every error that Muster itself reports. All derive from ClusterError, each by a single path, so
// that `catch (const std::exception&)` catches them too.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// One try of a task: where it ran and how it ended.
struct Attempt {
  int engine = -1;  ///< the engine's id; -1 when it is not known
  std::string host{};
  std::int64_t pid = 0;
  int signal = 0;        ///< what ended the process; 0 when it was no signal
  int exit_code = -1;    ///< -1 when the process did not exit by itself
  std::string text{};    ///< what was thrown, or the last lines that the task wrote in it
  std::string reason{};  ///< why the cluster ended the process; empty when it ended by itself
};

/// The base of all errors below, and what is thrown when none of them says more. Errors can be
/// copied and read from any thread; copying never throws.
class ClusterError : public std::runtime_error {
 public:
  explicit ClusterError(const std::string& text) : std::runtime_error(text) {}
  ~ClusterError() override;
};

/// The task threw. Where the original is a standard exception, or derives from one, it is nested:
/// `std::rethrow_if_nested(error)` throws it again, with its own nested exceptions.
class TaskError : public ClusterError {
 public:
  /// `history` has the attempt that threw this, as far as it is known where that was. `causes`
  /// tells what was nested in the original; it goes into what() only.
  TaskError(std::string type, std::string text, int engine, std::vector<Attempt> history,
            const std::string& causes = {}, std::string printed = {}, std::string arguments = {});

  /// The readable name of the type that was thrown, e.g. "std::out_of_range".
  const std::string& type() const noexcept;
  /// The original's what(). This error's what() adds type, engine, arguments and causes.
  const std::string& text() const noexcept;
  int engine() const noexcept;
  const std::vector<Attempt>& attempts() const noexcept;
  /// The last lines that the task wrote to stdout, then those to stderr, a few of each; what() has
  /// them too. AsyncResult::output() has more.
  const std::string& printed() const noexcept;
  /// What the task was called with, as "(3, \"abc\")", in 120 characters at most; of what is large
  /// or no text its size. Empty when it isn't known.
  const std::string& arguments() const noexcept;

 private:
  struct Details;
  std::shared_ptr<const Details> details_;
};

/// The engine that something was addressed to has ended; nothing of it runs again by itself.
class EngineLost : public ClusterError {
 public:
  using ClusterError::ClusterError;
  /// With the end of each process that was executing it, which stands in what().
  EngineLost(const std::string& text, const std::vector<Attempt>& attempts);
};

/// What the task was to wait for (ViewOptions::after, follow) can't come any more: what() says
/// why. It has not started and never will.
class ImpossibleDependency : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// Thrown by a task that can't run where it is, because of what it finds there (no GPU, a file that
/// isn't on this host): it goes to another engine that may run it and hasn't said so, without
/// counting as an attempt that failed. When there is none, or the engine was named by a direct
/// view, it is thrown by get(), with what the last engine said. (As ipyparallel's, for @depend.)
class UnmetDependency : public ImpossibleDependency {
 public:
  using ImpossibleDependency::ImpossibleDependency;
};

/// The task ended the process of each engine that ran it, `max_crashes` times. It won't be tried
/// again.
class Quarantined : public ClusterError {
 public:
  explicit Quarantined(std::vector<Attempt> attempts);
  const std::vector<Attempt>& attempts() const noexcept { return *attempts_; }

 private:
  std::shared_ptr<const std::vector<Attempt>> attempts_;
};

/// Whose patience ended.
enum class Limit {
  wait,   ///< the caller's, in get(duration); the task goes on
  queue,  ///< the task's time until it starts
  run,    ///< the task's time on an engine, in one attempt
  total,  ///< the task's time from submission to outcome
  init,   ///< the time of ViewOptions::initializer in one process
};

/// "wait", "queue", "run", "total" or "init".
std::string_view name_of(Limit limit) noexcept;

/// A time limit has passed: what() has its name, its value and what can be done.
class TimedOut : public ClusterError {
 public:
  TimedOut(Limit limit, std::chrono::nanoseconds value);
  /// In the words of who has ended it, which may say more.
  TimedOut(Limit limit, std::chrono::nanoseconds value, const std::string& words);
  /// Of a wait for engines, of which fewer are there than were wanted.
  TimedOut(std::chrono::nanoseconds value, std::size_t engines, std::size_t wanted);
  Limit limit() const noexcept { return limit_; }
  /// How long it was.
  std::chrono::nanoseconds value() const noexcept { return value_; }

 private:
  Limit limit_;
  std::chrono::nanoseconds value_;
};

/// The task was cancelled; it has not started, or its outcome was dropped.
class Cancelled : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// Nobody can tell any more how the task ended.
class Lost : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// The engine's program has no such function.
class UnknownTask : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// Nothing of this name was pushed to the engine.
class UnknownName : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// The value of this name was pushed as another type than it was asked for; what() names both.
class WrongType : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// The code that a host would run is not the code that the client runs.
class ImageMismatch : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// The cluster has ended, or could not be reached again in time.
class ConnectionLost : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// No connection file of such a cluster appeared in time.
class NoCluster : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// The call would have to wait, on a thread that may not.
class WouldBlock : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// The key of a task was used before, with other code or other arguments.
class TokenReuse : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// A lock that this program had was given to others, because it was cut off for too long.
class Expired : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

/// Something does not fit into a named limit; what() has both.
class TooLarge : public ClusterError {
 public:
  /// `limit` is the limit's name, `size` and `most` are in bytes.
  TooLarge(const std::string& limit, std::uint64_t size, std::uint64_t most);
  const std::string& limit() const noexcept { return *limit_; }

 private:
  std::shared_ptr<const std::string> limit_;
};

/// Several parts of one call failed: engines of a direct view, or items of a map.
class CompositeError : public ClusterError {
 public:
  struct Part {
    std::size_t index = 0;  ///< of the item or of the engine, counted in the order of the call
    std::exception_ptr error;
    int engine = -1;  ///< where it failed, if that is known
  };

  /// Requires at least one part, each with an error. what() has the texts of the first four.
  explicit CompositeError(std::vector<Part> parts);
  const std::vector<Part>& parts() const noexcept { return *parts_; }

 private:
  std::shared_ptr<const std::vector<Part>> parts_;
};

}  // namespace muster
