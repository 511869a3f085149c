#include <algorithm>
#include <utility>

#include <muster/detail/chunk_places.hpp>
#include <muster/error.hpp>

namespace muster::detail {
namespace {

/// Arguments of so many bytes need no stream, and cost far more to compute than to send.
constexpr std::size_t fold_bytes_max = std::size_t{32} << 10;
/// Parts of an array, of which several are on their way at a time.
constexpr std::size_t chunk_bytes_max = std::size_t{16} << 20;
constexpr std::size_t chunks_per_engine = 8;

std::size_t divided(std::size_t items, std::size_t parts) {
  return items / parts + (items % parts != 0);
}

}  // namespace

std::size_t planned_chunk(const ViewOptions& options, const MapPlan& plan,
                          std::optional<std::size_t> items) {
  if (plan.splits == 0) return options.chunk;
  if (!items) {
    throw ClusterError(
        "n_splits divides an input whose length is known, and this one has none: give "
        "iterable_len, or chunk_size instead");
  }
  return std::max<std::size_t>(1, divided(*items, plan.splits));
}

std::size_t even_chunk(std::size_t items, std::size_t item_bytes, std::size_t engines) {
  const std::size_t most = std::max<std::size_t>(1, chunk_bytes_max / item_bytes);
  return std::clamp<std::size_t>(divided(items, chunks_per_engine * engines), 1, most);
}

ViewOptions for_chunks(ViewOptions options) {
  options.chunk = 1;
  options.whole_chunks = true;
  return options;
}

std::size_t FoldChunks::next() const {
  if (chunk_ != 0) return chunk_;
  const std::size_t share =
      items_ ? (*items_ - std::min(*items_, read_)) / (4 * engines_) : read_ / (8 * engines_);
  std::size_t room = 1;
  if (item_bytes_ != 0) {
    room = fold_bytes_max / item_bytes_;
  } else if (last_ != 0) {
    // The next ones may be larger.
    room = std::min(2 * last_, fold_bytes_max / std::max<std::size_t>(1, last_bytes_ / last_));
  }
  return std::max<std::size_t>(1, std::min(share, room));
}

void FoldChunks::note(std::size_t items, std::size_t bytes) {
  read_ += items;
  last_ = items;
  last_bytes_ = bytes;
}

}  // namespace muster::detail
