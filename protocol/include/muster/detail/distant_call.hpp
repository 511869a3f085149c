#pragma once
// A call that is carried out elsewhere, later, and perhaps often: the function's name and its
// encoded arguments, as a value that travels.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <msgpack.hpp>

namespace muster::detail {

struct DistantCall {
  std::string entry;  ///< as Entry::name
  std::vector<char> arguments;
  MSGPACK_DEFINE(entry, arguments)

  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(arguments)); }
};

}  // namespace muster::detail
