// Chunks of items that don't lie one beside the other.
#include <list>
#include <span>
#include <vector>

#include <muster/muster.hpp>

int total(std::span<const int> xs);

void work(const muster::LoadBalancedView& view) {
  view.map_chunks<total>(std::vector<int>{6, 6}).get();
  // MISTAKE view.map_chunks<total>(std::list<int>{6, 6}).get();
  // SAYS map_chunks cuts contiguous items, as those of a std::vector: for other input write map or
  // fold
}
