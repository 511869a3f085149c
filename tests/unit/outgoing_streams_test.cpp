// What a lane sends in chunks: order, turns, and how much may be on its way.

#include "protocol/outgoing_streams.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/body_bytes.hpp"

namespace muster::wire {
namespace {

constexpr std::size_t chunk = chunk_bytes_max;
constexpr std::size_t window = stream_window_bytes / chunk;

using Numbers = std::vector<std::uint64_t>;

Numbers streams_of(const std::vector<Chunk>& chunks) {
  Numbers numbers;
  for (const Chunk& one : chunks)
    numbers.push_back(one.stream);
  return numbers;
}

LargeBodyPtr large(std::size_t bytes) {
  return make_large_body(body_of(bytes));
}

}  // namespace

TEST_CASE("chunks follow each other, and the last one carries the hash of them all") {
  OutgoingStreams streams;
  const auto stream = streams.open(large(2 * chunk + 100));
  const auto chunks = all_chunks(streams);
  REQUIRE(chunks.size() == 3);
  CHECK(chunks[1].offset == chunk);
  CHECK(chunks[2].offset == 2 * chunk);
  CHECK(chunks[2].bytes.size() == 100);
  CHECK_FALSE(chunks[1].hash);
  BodyHasher hasher;
  hasher.add(body_of(2 * chunk + 100).bytes());
  CHECK(chunks[2].hash == hasher.finish());
  CHECK(stream->last_sequence == 3);
}

TEST_CASE("a chunk is a part of the body's own memory") {
  OutgoingStreams streams;
  const LargeBodyPtr body = large(2 * chunk);
  const auto stream = streams.open(body);
  const auto chunks = all_chunks(streams);
  CHECK(chunks[1].bytes.bytes().data() == body->pieces()[0].bytes().data() + chunk);
}

TEST_CASE("no more than the window is on its way until something is acknowledged") {
  OutgoingStreams streams;
  const auto stream = streams.open(large(10 * chunk));
  CHECK(all_chunks(streams).size() == window);
  streams.acknowledge(2);
  CHECK(all_chunks(streams, window + 1).size() == 2);
  streams.acknowledge(window + 2);
  CHECK(all_chunks(streams, window + 3).size() == window);
}

TEST_CASE("a stream that waits for its window is never waiting for an acknowledgement alone") {
  // The other side says what it has applied after ack_after_bytes at the latest.
  CHECK(stream_window_bytes - chunk_bytes_max >= ack_after_bytes);
}

TEST_CASE("streams take turns, the first few at a time") {
  OutgoingStreams streams;
  std::vector<OutgoingStreamPtr> owners;
  for (std::size_t i = 0; i < streams_at_once + 1; ++i)
    owners.push_back(streams.open(large(2 * chunk)));
  Numbers order;
  std::uint64_t sequence = 0;
  while (auto next = streams.next(++sequence)) {
    order.push_back(next->stream);
    streams.acknowledge(sequence);
  }
  CHECK(order == Numbers{1, 2, 3, 4, 1, 2, 3, 4, 5, 5});
}

TEST_CASE("an abandoned stream sends nothing more, and is said to be over") {
  OutgoingStreams streams;
  auto first = streams.open(large(8 * chunk));
  const auto second = streams.open(large(2 * chunk));
  CHECK(streams.next(1)->stream == 1);
  first.reset();
  CHECK(streams_of(all_chunks(streams, 2)) == Numbers{2, 2});
  CHECK(streams.take_abandoned() == Numbers{1});
  CHECK(streams.take_abandoned().empty());
}

TEST_CASE("on a new link a stream begins at zero, under the number that its record names") {
  OutgoingStreams streams;
  const auto stream = streams.open(large(6 * chunk));
  all_chunks(streams);
  streams.clear();
  CHECK_FALSE(streams.active());
  streams.open_again(stream);
  const auto again = all_chunks(streams);
  REQUIRE(again.size() == window);
  CHECK(again.front().stream == 1);
  CHECK(again.front().offset == 0);
  CHECK(streams.open(large(chunk))->number() == 2);
}

TEST_CASE("a body that passes through keeps its pieces and its hash") {
  OutgoingStreams from;
  const auto made = from.open(large(3 * chunk - 7));
  LargeBody passing;
  passing.expect(3 * chunk - 7);
  BodyHash hash{};
  for (const Chunk& one : all_chunks(from)) {
    passing.add(one.bytes);
    if (one.hash) hash = *one.hash;
  }
  passing.end(hash);
  OutgoingStreams to;
  const auto stream = to.open(std::make_shared<const LargeBody>(std::move(passing)));
  const auto chunks = all_chunks(to);
  REQUIRE(chunks.size() == 3);
  CHECK(chunks.back().hash == hash);
  CHECK(chunks[1].bytes.bytes().data() == chunks[0].bytes.bytes().data() + chunk);
}

}  // namespace muster::wire
