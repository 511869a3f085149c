#include <string>

#include <catch2/catch.hpp>

#include <muster/detail/codec.hpp>
#include <muster/detail/publication.hpp>
#include <muster/error.hpp>

#include "client/published.hpp"
#include "tests/unit/fake_context.hpp"

using muster::detail::Buffer;
using muster::detail::Publication;
using muster::detail::Published;

namespace {

Buffer body_of(int value) {
  Buffer body;
  muster::detail::encode_result(body, value);
  return body;
}
int value_in(const Buffer& body) {
  return muster::detail::decode_result<int>(body.bytes());
}

}  // namespace

TEST_CASE("of what is published the latest is sent, once, with a number that grows") {
  muster::test::FakeContext context;
  Publication& publication = context.publication();
  CHECK_FALSE(publication.changed());
  context.publish(1);
  context.publish(2);
  context.progress(1, 4);
  REQUIRE(publication.changed());
  const Publication::News first = publication.take();
  CHECK_FALSE(publication.changed());
  CHECK(value_in(first.value.value()) == 2);
  CHECK(first.progress == 0.25);
  context.progress(7.0);
  const Publication::News second = publication.take();
  CHECK(second.number > first.number);
  CHECK_FALSE(second.value);
  CHECK(second.progress == 1.0);
  context.progress(0, 0);
  CHECK(publication.take().progress == 1.0);
}

TEST_CASE("text is published as a string, and what is too large for that is refused by its name") {
  muster::test::FakeContext context;
  context.publish("halfway");
  CHECK(muster::detail::decode_result<std::string>(
            context.publication().take().value.value().bytes()) == "halfway");
  CHECK_THROWS_WITH(context.publish(std::string(70'000, 'x')), Catch::Contains("published value"));
  CHECK_FALSE(context.publication().changed());
}

TEST_CASE("what an older attempt published, or came before, doesn't overwrite what came later") {
  Published published;
  CHECK(published.value().size() == 0);
  published.set_value(5, 2, body_of(52));
  published.set_value(5, 1, body_of(51));
  published.set_value(4, 9, body_of(49));
  CHECK(value_in(published.value()) == 52);
  published.set_progress(5, 3, 0.5);
  published.set_progress(5, 2, 0.1);
  CHECK(published.progress() == 0.5);
  published.set_value(6, 1, body_of(61));
  CHECK(value_in(published.value()) == 61);
  CHECK(published.progress() == 0);
  published.set_progress(6, 2, 1e300);
  CHECK(published.progress() == 0);
}
