#pragma once
// Numbers out of JSON that another process wrote.

#include <cstdint>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace muster::launcher {

/// The number when it is whole and fits into `T`. The library's own
/// `get<T>()` converts whatever number is there, and a fraction or a number that is too large isn't
/// defined then. Throws std::runtime_error that shows the value.
template <typename T>
T whole_number(const nlohmann::json& value) {
  const auto fits = [&] {
    if (value.is_number_unsigned()) return std::in_range<T>(value.get<std::uint64_t>());
    return value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
  };
  if (!fits()) {
    throw std::runtime_error(
        "a whole number of the right size is expected, not " +
        value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 80));
  }
  return value.get<T>();
}

}  // namespace muster::launcher
