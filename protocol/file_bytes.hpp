#pragma once
// Parts of files, as they travel.

#include <cstdint>

#include <muster/detail/buffer.hpp>

#include "protocol/record.hpp"

namespace muster::wire {

/// Up to so many bytes from there; fewer at the end of the file, or where it can't be read.
detail::Buffer read_bytes(int file, std::uint64_t offset, std::size_t bytes);
/// 0, or the errno of what went wrong.
int write_bytes(int file, std::uint64_t offset, Bytes bytes);

}  // namespace muster::wire
