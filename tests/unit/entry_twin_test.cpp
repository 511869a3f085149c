// The other translation unit of entry_test.cpp: the same internal name, another function.

#include "tests/unit/entry_twin.hpp"

#include <muster/detail/thunk.hpp>

namespace {

int twin(int x) {
  return 2000 + x;
}

}  // namespace

namespace muster::test {

const detail::Entry& twin_in_entry_twin_test() {
  return detail::Registration<detail::Constant<&twin>>::entry();
}

}  // namespace muster::test
