#pragma once
// The types of exceptions that this program wants back as what they are.

#include <string_view>

#include <muster/expecting.hpp>

namespace muster::detail {

/// nullptr when nobody expects this type. What it points to lives for ever.
const ExpectedError* expected_error(std::string_view name);

}  // namespace muster::detail
