#pragma once
// Which items the chunks of a map have, where a chunk is one call: map_chunks and fold.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include <muster/detail/map_plan.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

struct ChunkPlaces {
  std::size_t each = 0;             ///< items in every chunk but the last; 0: see `begins`
  std::size_t items = 0;            ///< all, as far as they are known
  std::vector<std::size_t> begins;  ///< of the chunks, if these differ

  std::size_t first(std::size_t chunk) const {
    if (each != 0) return chunk * each;
    return chunk < begins.size() ? begins[chunk] : items;
  }
  std::size_t count(std::size_t chunk) const {
    return std::min(first(chunk + 1), items) - std::min(first(chunk), items);
  }
};

/// How many items a chunk has, as far as options and plan say that; 0: they don't. Throws
/// ClusterError when an input of unknown length is to be divided.
std::size_t planned_chunk(const ViewOptions& options, const MapPlan& plan,
                          std::optional<std::size_t> items);
/// Several chunks for each engine, so that a slow one isn't waited for much longer than the others.
std::size_t even_chunk(std::size_t items, std::size_t item_bytes, std::size_t engines);
/// The options of a map whose items are chunks.
ViewOptions for_chunks(ViewOptions options);

/// How many items of a fold travel together. Few enough that no engine works alone for long at the
/// end: an eighth of what an engine has had so far, or, where the end is known, a quarter of its
/// share of what is left; and not more bytes than travel well.
class FoldChunks {
 public:
  /// `chunk` 0: as above. `item_bytes` is what each item takes; 0: they differ.
  FoldChunks(std::size_t chunk, std::optional<std::size_t> items, std::size_t item_bytes,
             std::size_t engines)
      : chunk_(chunk), items_(items), item_bytes_(item_bytes), engines_(engines) {}

  /// Of the next chunk; one at least.
  std::size_t next() const;
  /// It had so many, and its arguments so many bytes.
  void note(std::size_t items, std::size_t bytes);

 private:
  const std::size_t chunk_;
  const std::optional<std::size_t> items_;
  const std::size_t item_bytes_;
  const std::size_t engines_;
  std::size_t read_ = 0;
  std::size_t last_ = 0;
  std::size_t last_bytes_ = 0;
};

}  // namespace muster::detail
