#pragma once
// The task that carries out a distant call and gives the result as bytes, whatever its type.

#include <string>
#include <vector>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/distant_call.hpp>
#include <muster/detail/entry.hpp>
#include <muster/error.hpp>

namespace muster::detail {

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

struct CarryOut {
  std::vector<char> operator()(Context& context, const DistantCall& call) const {
    const Entry* const entry = TaskTable::instance().find(call.entry);
    if (entry == nullptr) throw UnknownTask("this program has no function named " + call.entry);
    Buffer result;
    entry->thunk(call.bytes(), context, result);
    const char* const begin = reinterpret_cast<const char*>(result.data());
    return {begin, begin + result.size()};
  }
};

#pragma GCC visibility pop

}  // namespace muster::detail
