// The record codec: what is written is read, and no bytes from outside can hurt its reader.

#include "protocol/record.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <msgpack.hpp>

#include "protocol/body.hpp"
#include "protocol/limits.hpp"
#include "protocol/message.hpp"

namespace muster::wire {
namespace {

const std::string options_text = "options!";  // eight bytes, so that none is padding
const std::string body_text = "a body of 21 bytes...";

Header full_header() {
  return Header{.kind = Kind::dispatch,
                .flags = 3,
                .starts = 7,
                .attempt = 0x0102030405060708u,
                .session = 0xa1b2c3d4u,
                .counter = 0xffffffffffffffffu,
                .count = 5,
                .code = 0x80000001u};
}

detail::Buffer three_records() {
  detail::Buffer message = begin_message();
  append_record(message, full_header(), bytes_of(options_text), bytes_of(body_text));
  append_record(message, Header{.kind = Kind::attach}, {}, {});
  append_record(message, Header{.kind = Kind::submit, .counter = 2}, {}, bytes_of(body_text));
  seal_message(message, Envelope{.link = 1, .sequence = 2, .applied = 3, .watermark = 4});
  return message;
}

/// Reads everything in memory of exactly this size, so that a sanitizer sees a step outside, and
/// checks that every view lies inside. Returns how many records there were.
std::size_t read_all(Bytes bytes) {
  const auto exact = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
  if (!bytes.empty()) std::memcpy(exact.get(), bytes.data(), bytes.size());
  const Bytes frame(exact.get(), bytes.size());
  const std::optional<Message> message = read_message(frame);
  if (!message) return 0;
  const auto inside = [&](Bytes view) {
    return view.empty() || (view.data() >= frame.data() &&
                            view.data() + view.size() <= frame.data() + frame.size());
  };
  std::size_t records = 0;
  RecordReader reader(message->records);
  Record record;
  while (reader.next(record)) {
    if (!inside(record.options) || !inside(record.body)) FAIL("a view lies outside of its message");
    ++records;
  }
  return records;
}

}  // namespace

TEST_CASE("a record comes back as it was written") {
  const detail::Buffer message = three_records();
  const std::optional<Message> read = read_message(message.bytes());
  REQUIRE(read);
  CHECK(read->link == 1);
  CHECK(read->sequence == 2);
  CHECK(read->applied == 3);
  CHECK(read->watermark == 4);
  RecordReader reader(read->records);
  Record record;
  REQUIRE(reader.next(record));
  const Header header = full_header();
  CHECK(record.kind == header.kind);
  CHECK(record.flags == header.flags);
  CHECK(record.starts == header.starts);
  CHECK(record.attempt == header.attempt);
  CHECK(record.session == header.session);
  CHECK(record.counter == header.counter);
  CHECK(record.count == header.count);
  CHECK(record.code == header.code);
  CHECK(text_of(record.options) == options_text);
  CHECK(text_of(record.body) == body_text);
  REQUIRE(reader.next(record));
  CHECK(record.kind == Kind::attach);
  CHECK(record.body.empty());
  REQUIRE(reader.next(record));
  CHECK(record.counter == 2);
  CHECK_FALSE(reader.next(record));
  CHECK_FALSE(reader.malformed());
}

TEST_CASE("bodies begin at multiples of eight") {
  detail::Buffer message = begin_message();
  for (std::size_t size = 0; size < 20; ++size) {
    append_record(message, Header{.kind = Kind::submit}, {}, Bytes(message.data(), 0));
    const std::string body(size, 'x');
    append_record(message, Header{.kind = Kind::submit}, bytes_of(body), bytes_of(body));
  }
  RecordReader reader(message.bytes().subspan(envelope_bytes));
  Record record;
  while (reader.next(record))
    CHECK((record.body.data() - message.data()) % 8 == 0);
  CHECK_FALSE(reader.malformed());
}

TEST_CASE("records and messages are valid msgpack throughout") {
  const detail::Buffer message = three_records();
  std::size_t offset = 0;
  std::size_t objects = 0;
  while (offset < message.size()) {
    msgpack::unpack(reinterpret_cast<const char*>(message.data()), message.size(), offset);
    ++objects;
  }
  CHECK(objects > 4);
}

TEST_CASE("a message that was cut short gives only its whole records") {
  const detail::Buffer message = three_records();
  for (std::size_t size = 0; size < message.size(); ++size)
    CHECK(read_all(message.bytes().first(size)) < 3);
  CHECK(read_all(message.bytes()) == 3);
}

TEST_CASE("a record that claims more than there is, is malformed") {
  const detail::Buffer message = three_records();
  for (std::size_t at = envelope_bytes; at < envelope_bytes + record_header_bytes; ++at) {
    detail::Buffer changed = detail::Buffer::copy_of(message.bytes());
    changed.data()[at] = std::byte{0xff};
    CHECK(read_all(changed.bytes()) <= 3);
  }
}

TEST_CASE("random bytes and random changes never lead a reader outside") {
  std::mt19937_64 random(1);  // its numbers are the same everywhere
  const detail::Buffer message = three_records();
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> noise(random() % 200);
    for (std::byte& byte : noise)
      byte = static_cast<std::byte>(random());
    read_all(noise);
    detail::Buffer changed = detail::Buffer::copy_of(message.bytes());
    for (std::uint64_t i = random() % 4; i < 4; ++i)
      changed.data()[random() % changed.size()] = static_cast<std::byte>(random());
    read_all(changed.bytes().first(random() % (changed.size() + 1)));
  }
}

TEST_CASE("random bodies unpack to nothing or to something, and never throw") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 5'000; ++round) {
    std::vector<std::byte> noise(random() % 60);
    for (std::byte& byte : noise)
      byte = static_cast<std::byte>(random());
    // A map that claims four thousand million elements must cost nothing.
    if (!noise.empty() && round % 2 == 0) noise[0] = std::byte{0xdf};
    CHECK_NOTHROW(unpack<Hello>(noise));
    CHECK_NOTHROW(unpack<Inventory>(noise));
    CHECK_NOTHROW(unpack<ProcessEnded>(noise));
  }
}

}  // namespace muster::wire
