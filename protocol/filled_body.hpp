#pragma once
// Arguments into which results of other tasks are put. Where they belong is said by who made the
// arguments; nobody looks into either.

#include <cstddef>
#include <span>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/record.hpp"
#include "protocol/shared_bytes.hpp"

namespace muster::wire {

using Pieces = std::vector<SharedBytes>;

inline std::size_t size_of(std::span<const SharedBytes> pieces) {
  std::size_t size = 0;
  for (const SharedBytes& piece : pieces)
    size += piece.size();
  return size;
}

/// What belongs at one place of a body.
struct Filling {
  std::size_t at = 0;
  Pieces value;
};

/// The fillings are in the order of their places. One that lies outside of the body is left out.
inline detail::Buffer filled_body(std::span<const SharedBytes> pieces,
                                  std::span<const Filling> fillings) {
  std::size_t size = size_of(pieces);
  for (const Filling& filling : fillings)
    size += size_of(filling.value);
  detail::Buffer filled;
  filled.reserve(size);
  std::size_t begin = 0;  // of the piece, in the body
  auto next = fillings.begin();
  const auto fill_up_to = [&](Bytes piece, std::size_t done) {
    for (; next != fillings.end() && next->at <= begin + piece.size(); ++next) {
      filled.append(piece.subspan(done, next->at - begin - done));
      done = next->at - begin;
      for (const SharedBytes& part : next->value)
        filled.append(part.bytes());
    }
    filled.append(piece.subspan(done));
  };
  for (const SharedBytes& piece : pieces) {
    fill_up_to(piece.bytes(), 0);
    begin += piece.size();
  }
  return filled;
}

}  // namespace muster::wire
