#pragma once
// Objects by small numbers, in pieces that never move: growing copies nothing, and leaves no more
// than a piece unused.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace muster::controller {

/// Numbers that were released are given again, the latest first. Not thread-safe.
template <typename T>
class Slab {
 public:
  T& operator[](std::uint32_t at) { return (*pieces_[at / piece_size])[at % piece_size]; }
  const T& operator[](std::uint32_t at) const {
    return (*pieces_[at / piece_size])[at % piece_size];
  }

  /// The number of an object as it is made by T's default constructor.
  std::uint32_t add() {
    if (!free_.empty()) {
      const std::uint32_t at = free_.back();
      free_.pop_back();
      return at;
    }
    if (size_ == pieces_.size() * piece_size) pieces_.push_back(std::make_unique<Piece>());
    return size_++;
  }
  void release(std::uint32_t at) {
    (*this)[at] = T{};
    free_.push_back(at);
  }

 private:
  static constexpr std::size_t piece_size = 1024;
  using Piece = std::array<T, piece_size>;

  std::vector<std::unique_ptr<Piece>> pieces_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace muster::controller
