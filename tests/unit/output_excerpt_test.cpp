#include "protocol/output_excerpt.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using muster::wire::last_lines;
using muster::wire::OutputExcerpt;

namespace {

constexpr std::size_t half = OutputExcerpt::head_bytes_max;

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += "line " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("an excerpt of another size says how much it has left out") {
  OutputExcerpt excerpt(8, 8);
  excerpt.append(0, "one\ntwo\nthree\n");
  CHECK(excerpt.text() == "one\ntwo\nthree\n");
  CHECK(excerpt.left_out() == 0);
  excerpt.append(excerpt.end(), "four\nfive\nsix\n");
  CHECK(excerpt.left_out() == 16);
  CHECK(excerpt.text() == "one\ntwo\n[muster: 16 bytes were left out here]\nsix\n");
}

TEST_CASE("what is short is kept whole, also what comes twice or byte by byte") {
  OutputExcerpt excerpt;
  CHECK(excerpt.text().empty());
  excerpt.append(0, "one ");
  excerpt.append(4, "two");
  excerpt.append(0, "one two three");
  CHECK(excerpt.text() == "one two three");
  CHECK(excerpt.end() == 13);

  OutputExcerpt whole;
  const std::string text(2 * half, 'x');
  for (std::size_t i = 0; i < text.size(); ++i)
    whole.append(i, std::string_view(text).substr(i, 1));
  CHECK(whole.text() == text);
}

TEST_CASE("of what is long whole lines of both ends are kept, and the number of bytes between") {
  const std::string all = lines(100'000);
  OutputExcerpt excerpt;
  for (std::size_t at = 0; at < all.size(); at += 1000)
    excerpt.append(at, std::string_view(all).substr(at, 1000));
  const std::string text = excerpt.text();
  CHECK(text.size() <= 2 * half + 100);
  CHECK(text.starts_with("line 0\nline 1\n"));
  CHECK(text.ends_with("line 99998\nline 99999\n"));
  const std::size_t note = text.find("[muster: ");
  REQUIRE(note != std::string::npos);
  CHECK(text[note - 1] == '\n');
  const std::size_t behind = text.find('\n', note) + 1;
  CHECK(text.compare(behind, 5, "line ") == 0);
  const std::size_t left_out = std::stoul(text.substr(note + 9));
  CHECK(note + left_out + (text.size() - behind) == all.size());
}

TEST_CASE("what was missed counts as left out") {
  OutputExcerpt excerpt;
  excerpt.append(0, "first\n");
  excerpt.append(106, "last\n");
  CHECK(excerpt.text() == "first\n[muster: 100 bytes were left out here]\nlast\n");
  OutputExcerpt late;
  late.append(50, "end\n");
  CHECK(late.text() == "[muster: 50 bytes were left out here]\nend\n");
}

TEST_CASE("what is taken comes in pieces with their places, and the rest goes on behind them") {
  OutputExcerpt source;
  OutputExcerpt sink;
  const std::string all = lines(20'000);
  const auto pass = [&] {
    source.take([&](std::uint64_t offset, std::string_view text) { sink.append(offset, text); });
  };
  for (std::size_t at = 0; at < all.size(); at += 70'000) {
    source.append(at, std::string_view(all).substr(at, 70'000));
    CHECK_FALSE(source.empty());
    pass();
    CHECK(source.empty());
  }
  CHECK(sink.end() == all.size());
  CHECK(sink.text().starts_with("line 0\n"));
  CHECK(sink.text().ends_with("line 19999\n"));
}

TEST_CASE("who reads it bit by bit gets every byte once, and is told what he missed") {
  OutputExcerpt excerpt;
  excerpt.append(0, "one\n");
  CHECK(excerpt.since(0) == "one\n");
  CHECK(excerpt.since(4).empty());
  excerpt.append(4, "two\n");
  CHECK(excerpt.since(4) == "two\n");
  excerpt.append(8, std::string(half, 'x'));
  CHECK(excerpt.since(8) == std::string(half, 'x'));
  const std::uint64_t place = excerpt.end();
  excerpt.append(place, std::string(3 * half, 'y'));
  CHECK(excerpt.since(place) == "[muster: " + std::to_string(2 * half) +
                                    " bytes were left out here]\n" + std::string(half, 'y'));
  CHECK(excerpt.since(excerpt.end() - 2) == "yy");
}

TEST_CASE("an error shows the last lines") {
  CHECK(last_lines("", 3).empty());
  CHECK(last_lines("\n\n", 3).empty());
  CHECK(last_lines("one", 3) == "one");
  CHECK(last_lines("one\ntwo\n", 3) == "one\ntwo");
  CHECK(last_lines("one\ntwo\nthree\n\n", 2) == "two\nthree");
  CHECK(last_lines("\none", 1) == "one");
  CHECK(last_lines(std::string(10'000, 'x'), 2).size() == 2048);
}
