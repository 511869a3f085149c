// What arrives in chunks: only a whole, matching body is given out (rule 21).

#include "protocol/incoming_streams.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/assembled_body.hpp"
#include "tests/unit/body_bytes.hpp"

namespace muster::wire {
namespace {

constexpr std::size_t chunk = chunk_bytes_max;

struct Receiver {
  IncomingStreams<AssembledBody> streams;
  std::vector<Arriving<AssembledBody>> arrived;

  bool announce(std::uint64_t number, std::uint64_t length, std::uint64_t counter = 1) {
    const detail::Buffer head = pack(StreamHead{number, length});
    Record record;
    record.kind = Kind::outcome;
    record.flags = body_streams | static_cast<std::uint8_t>(OutcomeKind::exception);
    record.counter = counter;
    record.body = head.bytes();
    return streams.open(record);
  }
  bool take(const Chunk& part) {
    Record record;
    record.kind = Kind::chunk;
    record.counter = part.stream;
    record.attempt = part.offset;
    std::array<std::byte, 18> hash{};
    if (part.hash) {
      hash = encode(*part.hash);
      record.options = hash;
    }
    return streams.take(record, part.bytes, [&](Arriving<AssembledBody> whole) {
      arrived.push_back(std::move(whole));
    });
  }
};

/// The chunks of one body of at most a window, as they travel.
std::vector<Chunk> chunks_of(std::size_t bytes) {
  OutgoingStreams streams;
  const auto stream = streams.open(make_large_body(body_of(bytes)));
  return all_chunks(streams);
}

bool is_body(detail::Buffer& found, std::size_t bytes) {
  const detail::Buffer right = body_of(bytes);
  return found.size() == bytes &&
         std::equal(found.bytes().begin(), found.bytes().end(), right.bytes().begin());
}

}  // namespace

TEST_CASE("a body is given out when its last chunk is here, with the record that announced it") {
  Receiver receiver;
  REQUIRE(receiver.announce(1, 2 * chunk + 5, 77));
  const auto chunks = chunks_of(2 * chunk + 5);
  CHECK(receiver.take(chunks[0]));
  CHECK(receiver.take(chunks[1]));
  CHECK(receiver.arrived.empty());
  CHECK(receiver.take(chunks[2]));
  REQUIRE(receiver.arrived.size() == 1);
  CHECK(receiver.arrived[0].header.counter == 77);
  CHECK(receiver.arrived[0].header.flags == static_cast<std::uint8_t>(OutcomeKind::exception));
  CHECK(receiver.arrived[0].body.fault() == nullptr);
  CHECK(is_body(receiver.arrived[0].body.bytes(), 2 * chunk + 5));
  CHECK(receiver.streams.empty());
}

TEST_CASE("bodies may arrive in turns") {
  Receiver receiver;
  REQUIRE(receiver.announce(1, 2 * chunk));
  REQUIRE(receiver.announce(2, chunk));
  OutgoingStreams streams;
  const auto one = streams.open(make_large_body(body_of(2 * chunk)));
  const auto two = streams.open(make_large_body(body_of(chunk)));
  for (const Chunk& part : all_chunks(streams))
    CHECK(receiver.take(part));
  REQUIRE(receiver.arrived.size() == 2);
  CHECK(is_body(receiver.arrived[0].body.bytes(), chunk));
  CHECK(is_body(receiver.arrived[1].body.bytes(), 2 * chunk));
}

TEST_CASE("rule 21: a chunk that is missing, doubled or too long can't be true") {
  const auto chunks = chunks_of(2 * chunk + 5);
  Receiver missing;
  REQUIRE(missing.announce(1, 2 * chunk + 5));
  CHECK(missing.take(chunks[0]));
  CHECK_FALSE(missing.take(chunks[2]));
  Receiver doubled;
  REQUIRE(doubled.announce(1, 2 * chunk + 5));
  CHECK(doubled.take(chunks[0]));
  CHECK_FALSE(doubled.take(chunks[0]));
  Receiver too_long;
  REQUIRE(too_long.announce(1, 2 * chunk + 4));
  CHECK(too_long.take(chunks[0]));
  CHECK(too_long.take(chunks[1]));
  CHECK_FALSE(too_long.take(chunks[2]));
}

TEST_CASE("rule 21: a body that isn't what was sent is given out as damaged") {
  Receiver receiver;
  REQUIRE(receiver.announce(1, chunk + 5));
  auto chunks = chunks_of(chunk + 5);
  chunks[0].bytes = SharedBytes::of(body_of(chunk, 2));
  CHECK(receiver.take(chunks[0]));
  CHECK(receiver.take(chunks[1]));
  REQUIRE(receiver.arrived.size() == 1);
  CHECK(receiver.arrived[0].body.fault() != nullptr);
}

TEST_CASE("a last chunk without the hash can't be true") {
  Receiver receiver;
  REQUIRE(receiver.announce(1, chunk));
  auto chunks = chunks_of(chunk);
  chunks[0].hash.reset();
  CHECK_FALSE(receiver.take(chunks[0]));
  CHECK(receiver.arrived.empty());
}

TEST_CASE("an announced body has a new number and a length that needs a stream") {
  Receiver receiver;
  CHECK_FALSE(receiver.announce(1, inline_body_max));
  CHECK_FALSE(receiver.announce(1, body_bytes_max + 1));
  CHECK(receiver.announce(1, body_bytes_max));
  CHECK_FALSE(receiver.announce(1, chunk));
  Record no_head;
  no_head.flags = body_streams;
  CHECK_FALSE(receiver.streams.open(no_head));
}

TEST_CASE("what goes on of a stream that was dropped or abandoned is ignored") {
  Receiver receiver;
  REQUIRE(receiver.announce(1, 2 * chunk, 5));
  REQUIRE(receiver.announce(2, 2 * chunk, 6));
  auto chunks = chunks_of(2 * chunk);
  CHECK(receiver.take(chunks[0]));
  CHECK(receiver.streams.drop_if([](const Header& header) { return header.counter == 5; }));
  CHECK(receiver.take(chunks[1]));
  Record over;
  over.kind = Kind::chunk;
  over.flags = chunk_abandons;
  over.counter = 2;
  CHECK(receiver.streams.take(over, {}, [](const auto&) {}));
  CHECK(receiver.streams.empty());
  chunks[0].stream = 2;
  CHECK(receiver.take(chunks[0]));
  CHECK(receiver.arrived.empty());
  // One that was never announced is another matter.
  chunks[0].stream = 3;
  CHECK_FALSE(receiver.take(chunks[0]));
}

TEST_CASE("on a new link numbers begin again") {
  Receiver receiver;
  REQUIRE(receiver.announce(7, chunk));
  receiver.streams.clear();
  CHECK(receiver.streams.empty());
  CHECK(receiver.announce(1, chunk));
}

}  // namespace muster::wire
