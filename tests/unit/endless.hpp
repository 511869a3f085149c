#pragma once
// An input without an end, as maps may have one.

#include <cstddef>
#include <iterator>

namespace muster::test {

/// 0, 1, 2, … to be read once, counting what was read.
class Endless {
 public:
  explicit Endless(int& read) : read_(&read) {}

  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const { return (*read)++; }
    Iterator& operator++() { return *this; }
    void operator++(int) {}
    int* read = nullptr;
  };

  Iterator begin() const { return Iterator{read_}; }
  std::unreachable_sentinel_t end() const { return {}; }

 private:
  int* read_;
};

}  // namespace muster::test
