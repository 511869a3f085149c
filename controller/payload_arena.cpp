#include "controller/payload_arena.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace muster::controller {

struct PayloadArena::Region {
  PayloadArena* arena;
  std::byte* memory;
  std::vector<Page*> unused;  // its pages without pieces
};

struct PayloadArena::Page {
  Region* region;
  std::uint32_t pieces;  // that haven't been freed
  std::uint32_t used;    // bytes, this head included
};

PayloadArena::~PayloadArena() {
  if (current_ != nullptr) give_back(*std::exchange(current_, nullptr));
  for (Region* region : with_room_) {
    assert(region->unused.size() == region_pages);
    release(region);
  }
}

std::byte* PayloadArena::allocate(std::size_t bytes) {
  assert(bytes <= piece_bytes_max);
  const auto rounded = static_cast<std::uint32_t>((bytes + 1) & ~std::size_t{1});
  if (current_ == nullptr || current_->used + rounded > page_bytes) current_ = take_page();
  std::byte* piece = reinterpret_cast<std::byte*>(current_) + current_->used;
  current_->used += rounded;
  ++current_->pieces;
  return piece;
}

void PayloadArena::free(const std::byte* piece) {
  const auto address = reinterpret_cast<std::uintptr_t>(piece) & ~(page_bytes - 1);
  Page& page = *reinterpret_cast<Page*>(address);
  if (--page.pieces > 0) return;
  PayloadArena& arena = *page.region->arena;
  if (&page == arena.current_) {
    page.used = sizeof(Page);
  } else {
    arena.give_back(page);
  }
}

/// Pages begin at multiples of their size, so that a piece knows its page. The system doesn't
/// promise that: what is left over at both ends goes back.
std::byte* PayloadArena::map_region() {
  constexpr std::size_t size = region_pages * page_bytes;
  void* memory = ::mmap(nullptr, size + page_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(memory);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(memory) % page_bytes;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + size, page_bytes - before);
  return begin + before;
}

void PayloadArena::add_region() {
  auto region = std::make_unique<Region>(Region{this, map_region(), {}});
  for (std::size_t page = region_pages; page > 0; --page)
    region->unused.push_back(reinterpret_cast<Page*>(region->memory + (page - 1) * page_bytes));
  with_room_.push_back(region.release());
  ++spare_regions_;
}

void PayloadArena::release(Region* region) {
  ::munmap(region->memory, region_pages * page_bytes);
  delete region;
}

PayloadArena::Page* PayloadArena::take_page() {
  if (with_room_.empty()) add_region();
  Region& region = *with_room_.back();
  if (region.unused.size() == region_pages) --spare_regions_;
  Page* page = region.unused.back();
  region.unused.pop_back();
  if (region.unused.empty()) with_room_.pop_back();
  ++pages_;
  return new (page) Page{&region, 0, sizeof(Page)};
}

void PayloadArena::give_back(Page& page) {
  Region* region = page.region;
  region->unused.push_back(&page);
  --pages_;
  if (region->unused.size() == 1) with_room_.push_back(region);
  if (region->unused.size() < region_pages) return;
  if (spare_regions_ < spare_regions_max) {
    ++spare_regions_;
    return;
  }
  with_room_.erase(std::find(with_room_.begin(), with_room_.end(), region));
  release(region);
}

}  // namespace muster::controller
