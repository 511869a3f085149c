#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/codec.hpp>
#include <muster/detail/thunk.hpp>

#include "tests/unit/fake_context.hpp"

namespace {

using Catch::Matchers::Contains;
using muster::ClusterError;
using muster::detail::Buffer;
using muster::detail::Constant;
using muster::detail::decode_result;
using muster::detail::encode_arguments;
using muster::detail::encode_result;
using muster::detail::SentParametersOf;
using muster::detail::thunk;

enum class Colour : std::uint8_t { red = 1, blue = 200 };

struct Point {
  double x = 0;
  int weight = 0;
  std::vector<std::string> names;
  Colour colour = Colour::red;
  MSGPACK_DEFINE(x, weight, names, colour)
  bool operator==(const Point&) const = default;
};

struct Opaque {};

/// Runs a task on a body that lies at an address of this remainder by 8.
template <auto F>
auto run_at(std::size_t remainder, const Buffer& body) {
  std::vector<std::byte> memory(body.size() + 16);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  std::byte* place = memory.data() + (8 - address % 8) + remainder;
  std::memcpy(place, body.data(), body.size());
  muster::test::FakeContext context;
  Buffer result;
  thunk<Constant<F>>({place, body.size()}, context, result);
  return decode_result<muster::detail::ResultOf<Constant<F>>>(result.bytes());
}

template <auto F, class... Arguments>
auto run(Arguments&&... arguments) {
  return run_at<F>(
      0, encode_arguments(SentParametersOf<Constant<F>>{}, std::forward<Arguments>(arguments)...));
}

template <class T>
T there_and_back(const T& value) {
  Buffer body;
  encode_result(body, value);
  return decode_result<T>(body.bytes());
}

double sum(std::span<const double> xs) {
  return std::accumulate(xs.begin(), xs.end(), 0.0);
}
std::uintptr_t address_of(std::span<const double> xs) {
  return reinterpret_cast<std::uintptr_t>(xs.data());
}
double mixed(char mark, std::span<const float> few, std::string_view text,
             const std::vector<double>& many, std::span<const std::int16_t, 3> three) {
  return mark + few[1] + static_cast<double>(text.size()) + many.back() + three[2];
}
int unwrap(std::unique_ptr<int> value) {
  return *value;
}
int unwrap_rvalue(std::unique_ptr<int>&& value) {
  return *std::move(value);
}
Point moved(Point point) {
  point.x += 1;
  return point;
}
const Point& same(const Point& point) {
  return point;
}
void nothing() {}
int count_true(std::span<const bool> bits) {
  int count = 0;
  for (const bool bit : bits)
    count += bit;
  return count;
}
std::size_t chars(std::span<const char> text) {
  return text.size();
}

}  // namespace

TEST_CASE("arguments are converted to the parameters' types before they travel") {
  const Buffer body = encode_arguments(muster::detail::List<double>{}, 3);
  REQUIRE(body.size() == 10);
  CHECK(body.data()[0] == std::byte{0x91});
  CHECK(body.data()[1] == std::byte{0xcb});  // a double, though an int was passed
}

TEST_CASE("an array of numbers begins at a multiple of 8 within its body") {
  for (const std::size_t text : {0, 1, 2, 3, 4, 5, 6, 7, 8, 40}) {
    const std::vector<double> xs = {1.5};
    const Buffer body = encode_arguments(muster::detail::List<std::string, std::vector<double>>{},
                                         std::string(text, 'x'), xs);
    CHECK((body.size() - sizeof(double)) % 8 == 0);
    CHECK(std::memcmp(body.data() + body.size() - 8, xs.data(), 8) == 0);
  }
}

TEST_CASE("a span views an aligned body and copies from any other") {
  for (std::size_t count = 5; count <= 1000; count += count < 20 ? 1 : 61) {
    std::vector<double> xs(count);
    std::iota(xs.begin(), xs.end(), 0.25);
    const Buffer body = encode_arguments(SentParametersOf<Constant<&sum>>{}, xs);
    for (std::size_t remainder = 0; remainder < 8; ++remainder) {
      CHECK(run_at<&sum>(remainder, body) == sum(xs));
    }
  }
}

TEST_CASE("an aligned span is not copied") {
  const std::vector<double> xs(10);
  const Buffer body = encode_arguments(SentParametersOf<Constant<&address_of>>{}, xs);
  muster::test::FakeContext context;
  Buffer result;
  thunk<Constant<&address_of>>(body.bytes(), context, result);
  const auto begin = reinterpret_cast<std::uintptr_t>(body.data());
  CHECK(decode_result<std::uintptr_t>(result.bytes()) == begin + body.size() - 80);
}

TEST_CASE("spans, views and vectors share one body") {
  const std::vector<float> few = {1, 2};
  const std::vector<double> many = {5, 100};
  const std::array<std::int16_t, 3> three = {1, 2, 1000};
  CHECK(run<&mixed>('\x01', few, "four", many, three) == 1 + 2 + 4 + 100 + 1000);
}

TEST_CASE("an empty array, chars and bools travel as spans") {
  CHECK(run<&sum>(std::vector<double>{}) == 0);
  CHECK(run<&chars>(std::string("abc")) == 3);
  CHECK(run<&count_true>(std::array{true, false, true}) == 2);
}

TEST_CASE("what can only be moved travels, and is taken from the caller") {
  auto value = std::make_unique<int>(7);
  CHECK(run<&unwrap>(std::move(value)) == 7);
  CHECK(value == nullptr);
  CHECK(run<&unwrap_rvalue>(std::make_unique<int>(8)) == 8);
}

TEST_CASE("user structs travel by value and by reference") {
  const Point point{1.5, 2, {"a", "b"}, Colour::blue};
  CHECK(run<&moved>(point) == Point{2.5, 2, {"a", "b"}, Colour::blue});
  CHECK(run<&same>(point) == point);
}

TEST_CASE("floating numbers keep every bit") {
  const auto same_bits = [](auto a, auto b) { return std::memcmp(&a, &b, sizeof a) == 0; };
  for (const double x : {-0.0, 3.0, 18446744073709551616.0, 0x1p-1074, std::nan("7")}) {
    CHECK(same_bits(there_and_back(x), x));
    CHECK(same_bits(there_and_back(Point{x, 0, {}, Colour::red}).x, x));
    CHECK(same_bits(there_and_back(static_cast<float>(x)), static_cast<float>(x)));
  }
}

TEST_CASE("a task may return nothing") {
  Buffer body;
  encode_result(body);
  CHECK(body.size() == 1);
  CHECK_NOTHROW(decode_result<void>(body.bytes()));
  CHECK_NOTHROW(run<&nothing>());
}

TEST_CASE("results of many types come back as they were") {
  using namespace std::chrono_literals;
  CHECK(there_and_back(std::vector<bool>{true, false}) == std::vector<bool>{true, false});
  CHECK(there_and_back(std::vector<char>{'a', 'b'}) == std::vector<char>{'a', 'b'});
  CHECK(there_and_back(std::vector<std::uint64_t>{1, ~0ULL}) ==
        std::vector<std::uint64_t>{1, ~0ULL});
  CHECK(there_and_back(std::array<int, 2>{3, -4}) == std::array<int, 2>{3, -4});
  CHECK(there_and_back(std::array<bool, 2>{true, false}) == std::array<bool, 2>{true, false});
  CHECK(there_and_back(std::map<std::string, int>{{"a", 1}}) ==
        std::map<std::string, int>{{"a", 1}});
  CHECK(there_and_back(std::vector<std::vector<double>>{{1, 2}, {}}) ==
        std::vector<std::vector<double>>{{1, 2}, {}});
  CHECK(there_and_back(std::tuple(1, std::string("x"), std::optional<int>{})) ==
        std::tuple(1, std::string("x"), std::optional<int>{}));
  CHECK(there_and_back(std::chrono::milliseconds(15)) == 15ms);
  CHECK(*there_and_back(std::make_unique<double>(2.5)) == 2.5);
  const auto now = std::chrono::system_clock::now();
  CHECK(there_and_back(now) == now);
}

TEST_CASE("numbers and texts of every width come back as they were") {
  for (int bits = 0; bits < 64; ++bits) {
    const std::uint64_t number = std::uint64_t{1} << bits;
    CHECK(there_and_back(number) == number);
    CHECK(there_and_back(number - 1) == number - 1);
    const auto negative = -static_cast<std::int64_t>(number / 2) - 1;
    CHECK(there_and_back(negative) == negative);
  }
  for (const std::size_t length : {0, 1, 31, 32, 255, 256, 65535, 65536}) {
    const std::string text(length, 'x');
    CHECK(there_and_back(text) == text);
  }
  CHECK(there_and_back(true));
  CHECK_FALSE(there_and_back(false));
}

namespace {

/// Every number near a power of two, in the form in which a T is written, is read by a U if it has
/// that number, and else refused.
template <class T, class U>
void check_numbers() {
  std::size_t wrong = 0;
  for (int power = 0; power < 64; ++power) {
    for (int beside = -1; beside <= 1; ++beside) {
      for (const bool negative : {false, true}) {
        std::uint64_t bits = (std::uint64_t{1} << power) + static_cast<std::uint64_t>(beside);
        if (negative) bits = 0 - bits;
        const T number = static_cast<T>(bits);
        Buffer body;
        encode_result<T>(body, number);
        try {
          wrong +=
              decode_result<U>(body.bytes()) != static_cast<U>(number) || !std::in_range<U>(number);
        } catch (const ClusterError&) {
          wrong += std::in_range<U>(number);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("a whole number is read as another type that has it, and else refused") {
  const auto from = [](auto number) {
    using T = decltype(number);
    check_numbers<T, std::int8_t>();
    check_numbers<T, std::uint8_t>();
    check_numbers<T, std::int16_t>();
    check_numbers<T, std::uint16_t>();
    check_numbers<T, std::int32_t>();
    check_numbers<T, std::uint32_t>();
    check_numbers<T, std::int64_t>();
    check_numbers<T, std::uint64_t>();
    check_numbers<T, long long>();
  };
  from(std::int8_t{});
  from(std::uint16_t{});
  from(std::int32_t{});
  from(std::uint64_t{});
  from(std::int64_t{});
}

TEST_CASE("a number or a text that ends too early is refused") {
  for (const std::string& text : {std::string(), std::string("x"), std::string(300, 'x')}) {
    Buffer body;
    encode_result(body, text);
    for (std::size_t size = 0; size < std::min<std::size_t>(body.size(), 8); ++size)
      CHECK_THROWS_AS(decode_result<std::string>(body.bytes().first(size)), ClusterError);
  }
  Buffer body;
  encode_result(body, std::uint64_t{1} << 40);
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_THROWS_AS(decode_result<std::uint64_t>(body.bytes().first(size)), ClusterError);
}

TEST_CASE("a result is appended to what is in the buffer, aligned by its own begin") {
  Buffer out = Buffer::copy_of(std::as_bytes(std::span("xyz", 3)));
  encode_result(out, std::vector<double>{4.5});
  CHECK((out.size() - 3 - sizeof(double)) % 8 == 0);
  CHECK(decode_result<std::vector<double>>(out.bytes().subspan(3)) == std::vector<double>{4.5});
}

TEST_CASE("a type that can't travel is known before msgpack complains") {
  STATIC_REQUIRE(muster::Transportable<Point>);
  STATIC_REQUIRE(muster::Transportable<std::map<std::string, std::vector<Point>>>);
  STATIC_REQUIRE_FALSE(muster::Transportable<Opaque>);
  STATIC_REQUIRE_FALSE(muster::Transportable<std::vector<Opaque>>);
  STATIC_REQUIRE_FALSE(muster::Transportable<int*>);
  STATIC_REQUIRE_FALSE(muster::Transportable<const int&>);
  STATIC_REQUIRE_FALSE(muster::Transportable<std::span<double>>);
  STATIC_REQUIRE_FALSE(muster::Transportable<long double>);
}

TEST_CASE("a result of another type is an error, not a value") {
  Buffer body;
  encode_result(body, std::string("text"));
  CHECK_THROWS_AS(decode_result<int>(body.bytes()), ClusterError);
  CHECK_THROWS_AS(decode_result<void>(body.bytes()), ClusterError);
  CHECK_THROWS_AS(decode_result<std::vector<double>>(body.bytes()), ClusterError);
  CHECK_THROWS_AS(decode_result<Point>(body.bytes()), ClusterError);
  Buffer floats;
  encode_result(floats, std::vector<float>{1, 2});
  CHECK_THROWS_AS(decode_result<std::vector<double>>(floats.bytes()), ClusterError);
  CHECK_THROWS_AS((decode_result<std::array<float, 3>>(floats.bytes())), ClusterError);
}

TEST_CASE("a value that is asked for as another type says what it is and what was asked") {
  Buffer text;
  encode_result(text, std::string("text"));
  CHECK_THROWS_WITH(decode_result<int>(text.bytes()),
                    Contains("a text of 4 bytes, which can't be read as int"));
  CHECK_THROWS_WITH(
      decode_result<std::vector<double>>(text.bytes()),
      Contains("a text of 4 bytes") && Contains("an array of 8-byte floating-point numbers"));
  CHECK_THROWS_WITH(decode_result<void>(text.bytes()), Contains("can't be read as void"));
  Buffer large;
  encode_result(large, std::int64_t{5'000'000'000});
  CHECK_THROWS_WITH(decode_result<int>(large.bytes()),
                    Contains("the whole number 5000000000, which can't be read as int"));
  Buffer floats;
  encode_result(floats, std::vector<float>{1, 2});
  CHECK_THROWS_WITH(decode_result<std::vector<int>>(floats.bytes()),
                    Contains("an array of 4-byte floating-point numbers") &&
                        Contains("an array of 4-byte signed integers"));
  Buffer pair;
  encode_result(pair, std::pair<int, int>{1, 2});
  CHECK_THROWS_WITH(decode_result<std::string>(pair.bytes()),
                    Contains("an array or tuple of 2 values") && Contains("std::string"));
}

TEST_CASE("a body that is cut short or goes on too long is refused") {
  const std::vector<float> few = {1, 2};
  const Buffer body = encode_arguments(SentParametersOf<Constant<&mixed>>{}, 'c', few, "text",
                                       std::vector<double>{1}, std::array<std::int16_t, 3>{});
  muster::test::FakeContext context;
  Buffer result;
  for (std::size_t size = 0; size < body.size(); ++size) {
    CHECK_THROWS_AS(thunk<Constant<&mixed>>(body.bytes().first(size), context, result),
                    ClusterError);
  }
  Buffer longer = Buffer::copy_of(body.bytes());
  longer.extend(1)[0] = std::byte{0xc0};
  CHECK_THROWS_AS(thunk<Constant<&mixed>>(longer.bytes(), context, result), ClusterError);
}

TEST_CASE("a claim of four thousand million elements is refused at once") {
  const std::array<std::uint8_t, 5> huge = {0xdd, 0xff, 0xff, 0xff, 0xff};
  const auto body = std::as_bytes(std::span(huge));
  CHECK_THROWS_AS(decode_result<std::vector<std::string>>(body), ClusterError);
  CHECK_THROWS_AS(decode_result<Point>(body), ClusterError);
  const std::vector<std::uint8_t> deep(100'000, 0x91);
  CHECK_THROWS_AS(decode_result<Point>(std::as_bytes(std::span(deep))), ClusterError);
}

TEST_CASE("bytes changed at random are decoded or refused, and nothing else") {
  std::mt19937 random(1);  // NOLINT: the same bytes each time
  const Buffer good =
      encode_arguments(SentParametersOf<Constant<&mixed>>{}, 'c', std::vector<float>{1, 2}, "text",
                       std::vector<double>{1}, std::array<std::int16_t, 3>{});
  Buffer point;
  encode_result(point, Point{1, 2, {"a", "b"}, Colour::red});
  muster::test::FakeContext context;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Buffer body = Buffer::copy_of(round % 2 == 0 ? good.bytes() : point.bytes());
    for (int change = 0; change < 1 + round % 3; ++change) {
      body.data()[random() % body.size()] = static_cast<std::byte>(random());
    }
    Buffer result;
    try {
      if (round % 2 == 0) {
        // The function itself may not run: it trusts the lengths of its dynamic spans.
        muster::detail::BodyReader reader(body.bytes());
        reader.begin_array(5);
        muster::detail::read_value<char>(reader);
        muster::detail::Slot<std::span<const float>> few(reader, context);
        muster::detail::read_value<std::string_view>(reader);
        muster::detail::read_value<std::vector<double>>(reader);
        muster::detail::Slot<std::span<const std::int16_t, 3>> three(reader, context);
        reader.end();
      } else {
        decode_result<Point>(body.bytes());
      }
    } catch (const ClusterError&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
