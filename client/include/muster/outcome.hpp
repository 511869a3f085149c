#pragma once
// What became of a task, as a value: for who wants errors beside values and not instead of them.

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <muster/error.hpp>

namespace muster {

/// Asks get() for what became of each task instead of the values: `results.get(return_exceptions)`
/// throws no task's error.
struct ReturnExceptions {};
inline constexpr ReturnExceptions return_exceptions{};

/// Asks get() of a map to give up with the first item that fails.
struct FirstFailure {};
inline constexpr FirstFailure first_failure{};

/// A task's value, or its error, which AsyncResult::get() would have thrown.
template <class T>
class Outcome {
 public:
  /// A std::monostate for a function that returns nothing.
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  explicit Outcome(Value value) : value_(std::move(value)) {}
  explicit Outcome(std::exception_ptr error) : error_(std::move(error)) {}

  bool successful() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return successful(); }

  /// Throws the error if there is one.
  const Value& value() const& {
    rethrow();
    return *value_;
  }
  Value&& value() && {
    rethrow();
    return *std::move(value_);
  }
  /// Null when there is a value.
  std::exception_ptr error() const noexcept { return error_; }

 private:
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  // Not a variant, of which g++ 12 believes with -O1 that its error is read before it is made.
  std::optional<Value> value_;
  std::exception_ptr error_;
};

namespace detail {

/// Throws what is there, nothing if there is nothing: the error itself if it is one, a
/// CompositeError of several.
void throw_failures(std::vector<CompositeError::Part> failures);

/// What `give` returns or throws.
template <class T, class Give>
Outcome<T> outcome_of(Give&& give) {
  try {
    if constexpr (std::is_void_v<decltype(give())>) {
      give();
      return Outcome<T>(typename Outcome<T>::Value{});
    } else {
      return Outcome<T>(give());
    }
  } catch (...) {
    return Outcome<T>(std::current_exception());
  }
}

}  // namespace detail
}  // namespace muster
