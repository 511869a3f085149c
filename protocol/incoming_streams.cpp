#include "protocol/incoming_streams.hpp"

#include "protocol/limits.hpp"

namespace muster::wire {

std::optional<StreamHead> announced_by(const Record& record, std::uint64_t last_number) {
  const auto head = unpack<StreamHead>(record.body);
  const bool possible = head && head->stream > last_number && head->length > inline_body_max &&
                        head->length <= body_bytes_max;
  return possible ? head : std::nullopt;
}

ChunkStep step_of(const Record& chunk, std::size_t bytes, std::uint64_t there,
                  std::uint64_t length) {
  const bool fits =
      chunk.attempt == there && bytes > 0 && bytes <= chunk_bytes_max && bytes <= length - there;
  if (!fits) return ChunkStep::wrong;
  if (there + bytes < length) return ChunkStep::more;
  return decode_body_hash(chunk.options) ? ChunkStep::whole : ChunkStep::wrong;
}

}  // namespace muster::wire
