#pragma once
// What two translation units say about functions of theirs that have the same internal name.

#include <muster/detail/entry.hpp>

namespace muster::test {

const detail::Entry& twin_in_entry_test();
const detail::Entry& twin_in_entry_twin_test();

}  // namespace muster::test
