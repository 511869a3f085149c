#pragma once
// Engines ordered by load, least first, ties to the least recently used: the choice costs the same
// for four engines and for four thousand.

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::controller {

/// One doubly linked list for each load, and a bit for each list that isn't empty. Engines are
/// small numbers, unique within the whole scheduler; an engine is in one set at most.
class LoadBuckets {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  bool contains(std::uint32_t engine) const {
    return engine < places_.size() && places_[engine].load != none;
  }

  /// It is there with this load.
  bool holds(std::uint32_t engine, std::uint32_t load) const {
    return engine < places_.size() && places_[engine].load == load;
  }

  /// Both are there and have the same load.
  bool equal(std::uint32_t engine, std::uint32_t other) const {
    return contains(engine) && contains(other) && places_[engine].load == places_[other].load;
  }

  /// Puts the engine behind the others of the same load: it has just been used.
  void insert(std::uint32_t engine, std::uint32_t load) {
    assert(!contains(engine));
    if (engine >= places_.size()) places_.resize(engine + 1);
    if (load >= buckets_.size()) grow(load + 1);
    Bucket& bucket = buckets_[load];
    places_[engine] = {load, bucket.last, none};
    if (bucket.last != none) {
      places_[bucket.last].next = engine;
    } else {
      bucket.first = engine;
      occupied_[load / 64] |= std::uint64_t{1} << (load % 64);
    }
    bucket.last = engine;
    ++size_;
  }

  void remove(std::uint32_t engine) {
    assert(contains(engine));
    const Place place = places_[engine];
    Bucket& bucket = buckets_[place.load];
    (place.previous == none ? bucket.first : places_[place.previous].next) = place.next;
    (place.next == none ? bucket.last : places_[place.next].previous) = place.previous;
    if (bucket.first == none)
      occupied_[place.load / 64] &= ~(std::uint64_t{1} << (place.load % 64));
    places_[engine].load = none;
    --size_;
  }

  /// The engine to use next, or none.
  std::uint32_t least() const {
    for (std::size_t word = 0; word < occupied_.size(); ++word) {
      if (occupied_[word] == 0) continue;
      const auto load = word * 64 + static_cast<std::size_t>(std::countr_zero(occupied_[word]));
      return buckets_[load].first;
    }
    return none;
  }
  /// The engine after `engine` in the same order, or none: for callers that must skip some.
  std::uint32_t after(std::uint32_t engine) const {
    const Place& place = places_[engine];
    if (place.next != none) return place.next;
    for (std::size_t load = place.load + 1; load < buckets_.size(); ++load) {
      if (buckets_[load].first != none) return buckets_[load].first;
    }
    return none;
  }
  std::size_t size() const { return size_; }

 private:
  struct Bucket {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  struct Place {
    std::uint32_t load = none;
    std::uint32_t previous = none;
    std::uint32_t next = none;
  };

  void grow(std::size_t loads) {
    buckets_.resize(loads);
    occupied_.resize((loads + 63) / 64);
  }

  std::vector<Bucket> buckets_;
  std::vector<std::uint64_t> occupied_;
  std::vector<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace muster::controller
