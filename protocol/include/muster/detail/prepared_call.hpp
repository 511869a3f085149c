#pragma once
// A call on its way to the bytes: the function's name and the encoded arguments.

#include <utility>

#include <muster/detail/buffer.hpp>
#include <muster/detail/by_name.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>

namespace muster::detail {

struct PreparedCall {
  const Entry& entry;
  Buffer arguments;
};

/// Requires a call that call_verdict finds good. Throws as encode_arguments does.
template <class Task, class... Arguments>
PreparedCall prepare_call(Arguments&&... arguments) {
  using Called = typename CalledTask<Task, Arguments...>::Type;
  return {Registration<Called>::entry(),
          encode_arguments(SentParametersOf<Called>{},
                           sent_for(std::forward<Arguments>(arguments))...)};
}

}  // namespace muster::detail
