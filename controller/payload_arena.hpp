#pragma once
// Memory for what the controller keeps of tasks until they have run: many small pieces that come
// and go in about the order of their tasks. Side by side in pages they take what they need; an
// allocation each would take more than two dozen bytes beside.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::controller {

/// Not thread-safe. A page is reused when the last piece in it has been freed: a piece that stays
/// keeps one page.
class PayloadArena {
 public:
  static constexpr std::size_t page_bytes = 8192;
  /// Larger pieces would leave too much of a page unused.
  static constexpr std::size_t piece_bytes_max = 1024;

  PayloadArena() = default;
  PayloadArena(const PayloadArena&) = delete;
  /// Requires that every piece has been freed.
  ~PayloadArena();

  /// Aligned to 2. Requires bytes <= piece_bytes_max. Throws std::bad_alloc.
  std::byte* allocate(std::size_t bytes);
  /// What some arena's allocate returned.
  static void free(const std::byte* piece);

  /// Pages with pieces in them.
  std::size_t pages() const { return pages_; }

 private:
  /// Pages come from the system so many at a time.
  static constexpr std::size_t region_pages = 16;
  /// Regions without a piece that are kept for what comes next.
  static constexpr std::size_t spare_regions_max = 4;

  struct Region;
  struct Page;  // at the beginning of each page

  static std::byte* map_region();
  void add_region();
  static void release(Region* region);
  Page* take_page();
  void give_back(Page& page);

  Page* current_ = nullptr;
  std::vector<Region*> with_room_;  // that have a page nobody uses
  std::size_t spare_regions_ = 0;
  std::size_t pages_ = 0;
};

}  // namespace muster::controller
