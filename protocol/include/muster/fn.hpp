#pragma once
// A function of the program as a value: what is to be called elsewhere, without a call here.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/distant_call.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/same.hpp>

namespace muster {

/// A function and its arguments, to be called where something asks for it; empty at first. Copies
/// share what they hold. Any thread may use it.
class FunctionCall {
 public:
  FunctionCall() = default;
  explicit FunctionCall(detail::DistantCall call)
      : call_(same<detail::DistantCall>(call).value()) {}

  explicit operator bool() const noexcept { return call_ != nullptr; }
  /// As it travels.
  const detail::BoundValuePtr& value() const { return call_; }

 private:
  detail::BoundValuePtr call_;
};

/// What muster::fn<f> is. Where a FunctionCall is wanted it stands for a call without arguments.
template <auto F>
class Fn {
 public:
  /// A call with these arguments, which are converted to the function's parameters and encoded at
  /// once, as those of apply are. A Context& or a std::stop_token is supplied where it is called.
  template <class... Arguments>
  FunctionCall with(Arguments&&... arguments) const {
    using Task = detail::Constant<F>;
    constexpr detail::Verdict verdict = detail::call_verdict<Task, Arguments...>();
    detail::refuse_mistakes<verdict>();
    if constexpr (verdict == detail::Verdict::good) {
      const detail::Buffer body = detail::encode_arguments(detail::SentParametersOf<Task>{},
                                                           std::forward<Arguments>(arguments)...);
      const char* const begin = reinterpret_cast<const char*>(body.data());
      return FunctionCall({std::string(detail::Registration<Task>::entry().name),
                           std::vector<char>(begin, begin + body.size())});
    } else {
      return {};
    }
  }

  operator FunctionCall() const { return with(); }
};

/// `muster::fn<f>` names a function where a value is wanted: `.initializer = muster::fn<load>`.
template <auto F>
inline constexpr Fn<F> fn{};

}  // namespace muster
