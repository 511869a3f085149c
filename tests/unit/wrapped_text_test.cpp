#include "launcher/wrapped_text.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "protocol/printable.hpp"

using muster::launcher::wrapped;
using muster::wire::printable;
using muster::wire::printable_lines;

TEST_CASE("words are wrapped at the last column, and line feeds between them are blanks") {
  CHECK(wrapped("one two three", 0, 7) == "one two\nthree");
  CHECK(wrapped("one\ntwo\nthree", 0, 9) == "one two\nthree");
  CHECK(wrapped("one two three", 2, 9) == "one two\n  three");
  CHECK(wrapped("muchtoolong a", 0, 4) == "muchtoolong\na");
  CHECK(wrapped("", 4).empty());
}

TEST_CASE("empty lines and indented ones are kept when text is wrapped") {
  CHECK(wrapped("a b\n\nc\n  d   e\nf", 0, 80) == "a b\n\nc\n  d   e\nf");
}

TEST_CASE("control characters of strangers can't reach a terminal") {
  CHECK(printable("a\x1b[2Jb\n\x7f") == "a\\x1b[2Jb\\x0a\\x7f");
  CHECK(printable("caf\xc3\xa9 \xc2\x9b") == "caf\xc3\xa9 \\xc2\\x9b");
  CHECK(printable_lines("a\nb\r") == "a\nb\\x0d");
}
