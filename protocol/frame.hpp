#pragma once
// A message on its way out.

#include <cassert>
#include <utility>

#include <muster/detail/buffer.hpp>

#include "protocol/shared_bytes.hpp"

namespace muster::wire {

/// The sealed envelope and records and, when they are a chunk, the part of a body beside them,
/// which travels as it lies in memory.
struct Frame {
  Frame() = default;
  Frame(detail::Buffer&& the_records, SharedBytes the_chunk = {})  // NOLINT: a message is a frame
      : records(std::move(the_records)), chunk(std::move(the_chunk)) {}

  /// For sockets on which no body streams.
  operator detail::Buffer&&() && {  // NOLINT
    assert(chunk.empty());
    return std::move(records);
  }

  detail::Buffer records;
  SharedBytes chunk;
};

}  // namespace muster::wire
