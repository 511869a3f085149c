#include "protocol/file_fetch.hpp"

#include <catch2/catch.hpp>

using namespace muster::wire;
using Verdict = FileFetch::Verdict;

namespace {

constexpr std::uint64_t part = part_bytes_max;

Digest some_digest() {
  Digest digest;
  digest.bytes.fill(7);
  return digest;
}

}  // namespace

TEST_CASE("a receiver asks for a few parts at once, in order, and for more as they come") {
  FileFetch fetch(some_digest(), 20 * part + 1);
  const auto first = fetch.ask();
  REQUIRE(first.size() == parts_at_once);
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].offset == i * part);
    CHECK(first[i].bytes == part);
  }
  CHECK(fetch.ask().empty());
  CHECK(fetch.take(0, part));
  const auto next = fetch.ask();
  REQUIRE(next.size() == 1);
  CHECK(next.front().offset == parts_at_once * part);
}

TEST_CASE("the last part is as long as the file has left") {
  FileFetch fetch(some_digest(), part + 5);
  const auto asked = fetch.ask();
  REQUIRE(asked.size() == 2);
  CHECK(asked.back().bytes == 5);
  CHECK(fetch.take(0, part));
  CHECK_FALSE(fetch.whole());
  CHECK(fetch.take(part, 5));
  CHECK(fetch.whole());
}

TEST_CASE("answers that were not due don't count") {
  FileFetch fetch(some_digest(), 3 * part);
  fetch.ask();
  CHECK_FALSE(fetch.take(part, part));
  CHECK(fetch.take(0, part));
  CHECK_FALSE(fetch.take(0, part));
  CHECK_FALSE(fetch.take(part, 0));
  CHECK_FALSE(fetch.take(part, 3 * part));
  CHECK(fetch.received() == part);
}

TEST_CASE("on a new link a transfer goes on where it was") {
  FileFetch fetch(some_digest(), 3 * part);
  fetch.ask();
  CHECK(fetch.take(0, part));
  fetch.ask_again();
  const auto asked = fetch.ask();
  REQUIRE(asked.size() == 2);
  CHECK(asked.front().offset == part);
}

TEST_CASE("a file that arrives wrong is fetched again from zero, three times in all") {
  FileFetch fetch(some_digest(), 10);
  for (const Verdict expected : {Verdict::again, Verdict::again, Verdict::wrong}) {
    REQUIRE(fetch.ask().size() == 1);
    REQUIRE(fetch.take(0, 10));
    REQUIRE(fetch.whole());
    CHECK(fetch.check(Digest{}) == expected);
    CHECK(fetch.received() == 0);
  }
  fetch.ask();
  fetch.take(0, 10);
  CHECK(fetch.check(some_digest()) == Verdict::right);
}
