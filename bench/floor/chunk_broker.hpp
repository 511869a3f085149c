#pragma once
// A bare broker of large bodies in chunks: two frames, of which the first says where the second
// goes. It keeps nothing and copies nothing; who sends chunks keeps few of them on their way.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <zmq.hpp>

#include "bench/floor/rendezvous.hpp"

namespace muster::bench {

inline constexpr std::size_t chunk_bytes = std::size_t{256} << 10;
/// From one end to the other, that is, four for each of the two connections between them.
inline constexpr std::size_t chunks_on_their_way = 8;

enum class Parcel : std::uint8_t {
  chunk,  ///< the next part of a large body
  taken,  ///< a chunk has arrived at the other end
  small,  ///< a task of its own, and its result
};

struct ParcelHeader {
  std::uint8_t worker = 0;
  Parcel kind{};
};

void send_parcel(zmq::socket_t& socket, ParcelHeader header, zmq::message_t content);

/// A body that is sent out of its memory, and one that arrives in memory that has been used before.
/// A chunk of either is one parcel; the other end answers each with `taken`.
class LargeBody {
 public:
  /// Touches its memory, which costs more than all the rest.
  explicit LargeBody(std::size_t bytes) : memory_(bytes, std::byte{1}) {}

  void begin_sending() { sent_ = taken_ = 0; }
  /// As much as may be on its way.
  void send_on(zmq::socket_t& socket, std::uint8_t worker);
  void note_taken() { ++taken_; }

  void begin_receiving() { arrived_ = 0; }
  /// True when that was the last of it.
  bool receive(const zmq::message_t& chunk);

 private:
  std::vector<std::byte> memory_;
  std::size_t sent_ = 0;   // bytes
  std::size_t taken_ = 0;  // chunks
  std::size_t arrived_ = 0;
};

/// Serve until they are killed. A worker sends a large body back when it has arrived.
[[noreturn]] void run_chunk_broker(const Rendezvous& place, std::size_t workers);
[[noreturn]] void run_chunk_worker(const Rendezvous& place, std::size_t bytes);

}  // namespace muster::bench
