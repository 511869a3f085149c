// What the controller keeps of a submission, and the memory that it is kept in.

#include "controller/payload.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "controller/slab.hpp"

namespace muster::controller {
namespace {

wire::Bytes bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(wire::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a payload gives back what it was made of, whatever its size") {
  PayloadArena arena;
  for (const std::size_t size : {0, 1, 7, 100, 1019, 1020, 1021, 4096, 70'000}) {
    const std::string body(size, 'b');
    for (const char* options_text : {"", "options"}) {
      const std::string options = options_text;
      INFO(size << " and " << options.size());
      const Payload payload(arena, bytes_of(options), bytes_of(body));
      const Payload copy = payload;
      CHECK(text_of(copy.body()) == body);
      CHECK(text_of(copy.options()) == options);
      CHECK(copy.size() == size + options.size());
      CHECK_FALSE(copy.is_row());
    }
  }
  CHECK(arena.pages() <= 1);
}

TEST_CASE("the parts of a row share its payload until the last of them has gone") {
  PayloadArena arena;
  std::optional<Payload> row(std::in_place, arena, wire::Bytes(), bytes_of("items"), 10u, 3u);
  CHECK(row->is_row());
  CHECK(row->index_of(12) == 2);
  const Payload part = *row;
  row.reset();
  CHECK(text_of(part.body()) == "items");
  CHECK(part.index_of(11) == 1);
}

TEST_CASE("a queue of small payloads takes little more memory than what they hold") {
  PayloadArena arena;
  const std::string body(100, 'b');
  std::deque<Payload> queue;
  constexpr std::size_t many = 10'000;
  for (std::size_t i = 0; i < many; ++i)
    queue.emplace_back(arena, wire::Bytes(), bytes_of(body));
  CHECK(arena.pages() * PayloadArena::page_bytes < many * 106);

  // As they come and go, pages are used again.
  const std::size_t pages = arena.pages();
  for (std::size_t i = 0; i < 10 * many; ++i) {
    queue.pop_front();
    queue.emplace_back(arena, wire::Bytes(), bytes_of(body));
  }
  CHECK(arena.pages() <= pages + 1);
  queue.clear();
  CHECK(arena.pages() <= 1);
}

TEST_CASE("a payload that stays keeps its page and no other") {
  PayloadArena arena;
  std::vector<Payload> staying;
  for (int i = 0; i < 100'000; ++i) {
    Payload payload(arena, wire::Bytes(), bytes_of("some arguments"));
    if (i % 10'000 == 0) staying.push_back(std::move(payload));
  }
  CHECK(arena.pages() <= staying.size() + 1);
  for (const Payload& payload : staying)
    CHECK(text_of(payload.body()) == "some arguments");
}

TEST_CASE("objects of a slab stay where they are, and numbers are used again") {
  Slab<std::string> slab;
  const std::uint32_t first = slab.add();
  slab[first] = "first";
  const std::string* place = &slab[first];
  for (int i = 0; i < 5'000; ++i)
    slab.add();
  CHECK(&slab[first] == place);
  slab.release(first);
  CHECK(slab.add() == first);
  CHECK(slab[first].empty());
}

}  // namespace muster::controller
