// Lanes: sequences, acknowledgements (rule 3), and what survives the end of a link (rule 1).

#include "protocol/lane.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/limits.hpp"
#include "tests/unit/body_bytes.hpp"

namespace muster::wire {
namespace {

using Frames = std::vector<Frame>;
constexpr Instant now{};

Frames taken(Lane& lane, bool acknowledge = false) {
  Frames frames;
  lane.take(0, acknowledge, [&](Frame&& frame) { frames.push_back(std::move(frame)); });
  return frames;
}

Arrival deliver(Lane& lane, const Frame& frame) {
  const std::size_t bytes = frame.records.size() + frame.chunk.size();
  return lane.receive(*read_message(frame.records.bytes()), bytes, now);
}

void deliver_all(Lane& lane, const Frames& frames) {
  for (const Frame& frame : frames)
    REQUIRE(deliver(lane, frame) == Arrival::next);
}

void say(Lane& lane, std::uint64_t counter) {
  lane.append(Header{.kind = Kind::outcome, .counter = counter});
}

/// The counters of all records, in order.
std::vector<std::uint64_t> counters(const Frames& frames) {
  std::vector<std::uint64_t> all;
  for (const Frame& frame : frames) {
    RecordReader reader(read_message(frame.records.bytes())->records);
    Record record;
    while (reader.next(record))
      all.push_back(record.counter);
  }
  return all;
}

using Counters = std::vector<std::uint64_t>;

/// One letter for each record: c for a chunk, o for another.
std::string shape(const Frames& frames) {
  std::string letters;
  for (const Frame& frame : frames) {
    RecordReader reader(read_message(frame.records.bytes())->records);
    Record record;
    while (reader.next(record))
      letters += record.kind == Kind::chunk ? 'c' : 'o';
  }
  return letters;
}

OutgoingStreamPtr stream(Lane& lane, std::size_t chunks) {
  return lane.append_streaming(Header{.kind = Kind::outcome, .counter = 99}, {},
                               make_large_body(body_of(chunks * chunk_bytes_max)));
}

}  // namespace

TEST_CASE("what waits travels in one message") {
  Lane lane;
  lane.open(5);
  say(lane, 1);
  say(lane, 2);
  CHECK(lane.next_sequence() == 1);  // there is room for more in the first message
  const Frames frames = taken(lane);
  REQUIRE(frames.size() == 1);
  CHECK(counters(frames) == Counters{1, 2});
  CHECK(taken(lane).empty());
}

TEST_CASE("a message is due, a duplicate, behind a gap, or a stranger's") {
  Lane from;
  Lane to;
  from.open(5);
  to.open(5);
  Frames frames;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    say(from, i);
    for (Frame& frame : taken(from))
      frames.push_back(std::move(frame));
  }
  CHECK(deliver(to, frames[0]) == Arrival::next);
  CHECK(deliver(to, frames[0]) == Arrival::duplicate);
  CHECK(deliver(to, frames[2]) == Arrival::gap);
  to.open(6);
  CHECK(deliver(to, frames[1]) == Arrival::stranger);
  to.close();
  CHECK(deliver(to, frames[1]) == Arrival::stranger);
}

TEST_CASE("on a new link what wasn't applied is said again, in order and before anything new") {
  Lane from(Lane::Keep::until_applied);
  Lane to;
  from.open(5);
  to.open(5);
  say(from, 1);
  deliver_all(to, taken(from));
  say(from, 2);
  taken(from);  // lost
  say(to, 100);
  deliver_all(from, taken(to));  // acknowledges 1
  say(from, 3);
  from.close();
  say(from, 4);
  from.open(6);
  to.open(6);
  from.append_first(Header{.kind = Kind::attach, .counter = 50});
  say(from, 5);
  const Frames again = taken(from);
  CHECK(counters(again) == Counters{50, 2, 3, 4, 5});
  deliver_all(to, again);
}

TEST_CASE("what was applied is kept no longer") {
  Lane from(Lane::Keep::until_applied);
  Lane to;
  from.open(5);
  to.open(5);
  say(from, 1);
  deliver_all(to, taken(from));
  CHECK(from.kept() == 1);
  CHECK(from.awaits_acknowledgement());
  CHECK(taken(to).empty());
  deliver_all(from, taken(to, true));
  CHECK(from.kept() == 0);
  CHECK(from.kept_bytes() == 0);
  CHECK_FALSE(from.awaits_acknowledgement());
}

TEST_CASE("a lane that keeps nothing forgets what was lost") {
  Lane from;
  from.open(5);
  say(from, 1);
  taken(from);
  say(from, 2);
  from.close();
  from.open(6);
  CHECK(taken(from).empty());
}

TEST_CASE("idle ends don't acknowledge acknowledgements, nor wait for that") {
  Lane a;
  Lane b;
  a.open(5);
  b.open(5);
  say(a, 1);
  deliver_all(b, taken(a));
  deliver_all(a, taken(b, true));
  CHECK(taken(a, true).empty());
  CHECK(taken(b, true).empty());
  CHECK_FALSE(a.awaits_acknowledgement());
  // b has sent a bare acknowledgement that nobody will acknowledge.
  CHECK(b.acknowledged() < b.sent());
  CHECK_FALSE(b.awaits_acknowledgement());
}

TEST_CASE("acknowledgements go alone after 64 messages") {
  Lane from;
  Lane to;
  from.open(5);
  to.open(5);
  for (std::uint64_t i = 1; i <= ack_after_messages; ++i) {
    CHECK(taken(to).empty());
    say(from, i);
    deliver_all(to, taken(from));
  }
  CHECK(taken(to).size() == 1);
}

TEST_CASE("a message holds no more than the limit, and records stay in order") {
  Lane lane;
  lane.open(5);
  const std::string body(100'000, 'x');
  for (std::uint64_t i = 1; i <= 5; ++i)
    lane.append(Header{.kind = Kind::submit, .counter = i}, {}, std::as_bytes(std::span(body)));
  const Frames frames = taken(lane);
  CHECK(frames.size() == 3);
  for (const Frame& frame : frames)
    CHECK(frame.records.size() <= envelope_bytes + message_bytes_max);
  CHECK(counters(frames) == Counters{1, 2, 3, 4, 5});
}

TEST_CASE("a dispatch knows the sequence of the message that carries it") {
  Lane lane;
  lane.open(5);
  const std::string body(200'000, 'x');
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    detail::Buffer& room = lane.room_for(record_bytes(0, body.size()));
    expected.push_back(lane.next_sequence());
    append_record(room, Header{.kind = Kind::dispatch, .counter = i}, {},
                  std::as_bytes(std::span(body)));
  }
  std::vector<std::uint64_t> sequences;
  for (const Frame& frame : taken(lane))
    sequences.push_back(read_message(frame.records.bytes())->sequence);
  CHECK(sequences == expected);
}

TEST_CASE("small records go between the chunks of a large body and never wait for it") {
  Lane from;
  Lane to;
  from.open(5);
  to.open(5);
  const auto large = stream(from, 6);
  say(from, 1);
  const Frames first = taken(from);
  CHECK(shape(first) == "oocccc");
  say(from, 2);
  CHECK(shape(taken(from)) == "o");
  deliver_all(to, first);
  const Frames acknowledgement = taken(to);
  REQUIRE(acknowledgement.size() == 1);  // alone, because the sender may be waiting for it
  deliver_all(from, acknowledgement);
  say(from, 3);
  CHECK(shape(taken(from)) == "occ");
}

TEST_CASE(
    "chunks are never copied into what is kept, and a large outcome is kept until it is whole") {
  Lane from(Lane::Keep::until_applied);
  Lane to;
  from.open(5);
  to.open(5);
  stream(from, 6);  // the lane owns it
  say(from, 1);
  deliver_all(to, taken(from));
  deliver_all(from, taken(to, true));
  CHECK(from.kept() == 1);  // the small one was applied
  CHECK(from.kept_bytes() == 6 * chunk_bytes_max);
  to.open(6);
  from.open(6);
  const Frames again = taken(from);
  CHECK(shape(again) == "occcc");
  deliver_all(to, again);
  deliver_all(from, taken(to, true));
  deliver_all(to, taken(from));
  deliver_all(from, taken(to, true));
  CHECK(from.kept() == 0);
  CHECK(from.kept_bytes() == 0);
  CHECK_FALSE(from.streaming());
}

TEST_CASE("a large body whose owner drops it is said to be over") {
  Lane from;
  from.open(5);
  Lane to;
  to.open(5);
  auto large = stream(from, 6);
  const Frames first = taken(from);
  CHECK(shape(first) == "occcc");
  large.reset();
  deliver_all(to, first);
  deliver_all(from, taken(to));
  const Frames last = taken(from);
  REQUIRE(shape(last) == "c");
  CHECK(last[0].chunk.empty());
  CHECK_FALSE(from.streaming());
}

TEST_CASE("rule 23: what a client doesn't take waits packed, and only a window of it is sent") {
  Lane from(Lane::Keep::until_applied, Lane::Send::in_window);
  from.open(5);
  const std::string body(1000, 'x');
  const std::uint64_t count = 20'000;
  Frames sent;
  for (std::uint64_t i = 1; i <= count; ++i) {
    from.append(Header{.kind = Kind::outcome, .counter = i}, {}, std::as_bytes(std::span(body)));
    if (i % 10 != 0) continue;
    for (Frame& frame : taken(from))
      sent.push_back(std::move(frame));
  }
  CHECK(sent.size() <= lane_window_messages);
  CHECK(from.kept_bytes() < lane_window_bytes + message_bytes_max);
  const std::size_t bytes = count * record_bytes(0, body.size());
  CHECK(from.unapplied_bytes() > bytes);
  CHECK(from.unapplied_bytes() < bytes * 11 / 10);

  Lane to;
  to.open(5);
  Counters arrived;
  for (; !sent.empty(); sent = taken(from)) {
    deliver_all(to, sent);
    for (const std::uint64_t counter : counters(sent))
      arrived.push_back(counter);
    deliver_all(from, taken(to, true));
  }
  REQUIRE(arrived.size() == count);
  CHECK(std::is_sorted(arrived.begin(), arrived.end()));
  CHECK(from.unapplied_bytes() == 0);
}

TEST_CASE("no chunk goes before the record that announces it, though that waits for the window") {
  Lane from(Lane::Keep::until_applied, Lane::Send::in_window);
  from.open(5);
  for (std::uint64_t i = 0; i < lane_window_messages; ++i) {
    say(from, i + 1);
    taken(from);
  }
  stream(from, 2);
  CHECK(taken(from).empty());
  CHECK(from.unapplied_bytes() > 2 * chunk_bytes_max);
}

TEST_CASE("a lane whose window is full still acknowledges") {
  Lane from(Lane::Keep::until_applied, Lane::Send::in_window);
  Lane to;
  from.open(5);
  to.open(5);
  for (std::uint64_t i = 0; i <= lane_window_messages; ++i) {
    say(from, i + 1);
    taken(from);
  }
  say(to, 1);
  deliver_all(from, taken(to));
  const Frames bare = taken(from, true);
  REQUIRE(bare.size() == 1);
  CHECK(counters(bare).empty());
}

}  // namespace muster::wire
