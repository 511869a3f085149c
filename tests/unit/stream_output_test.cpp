#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/stream_output.hpp>

using muster::DisplayOptions;
using muster::GroupBy;
using muster::ItemsOutput;
using muster::detail::EngineLines;

namespace {

ItemsOutput output(int engine, std::string out, std::string err = {}, std::size_t index = 0) {
  ItemsOutput output;
  output.engine = engine;
  output.out = std::move(out);
  output.err = std::move(err);
  output.index = index;
  return output;
}

std::string displayed(GroupBy group_by) {
  std::ostringstream shown;
  muster::detail::display_outputs(
      {output(1, "a\n", "A\n", 0), output(0, "b\nbb\n", "B\n", 1), output(1, "c", "", 2)},
      {.group_by = group_by, .to = &shown});
  return shown.str();
}

}  // namespace

TEST_CASE("lines are shown with their engine, and not before they are whole") {
  std::ostringstream shown;
  EngineLines lines(&shown);
  lines.add({output(3, "one\ntw", "bad\n")});
  CHECK(shown.str() == "[3] one\n[3 stderr] bad\n");
  lines.add({output(3, "o\n\nthr")});
  CHECK(shown.str() == "[3] one\n[3 stderr] bad\n[3] two\n[3] \n");
  lines.finish();
  CHECK(shown.str() == "[3] one\n[3 stderr] bad\n[3] two\n[3] \n[3] thr\n");
}

TEST_CASE("lines of several tasks aren't mixed, and can't move a cursor") {
  std::ostringstream shown;
  EngineLines lines(&shown);
  lines.add({output(0, "he", "", 0), output(1, "good", "", 1)});
  lines.add({output(0, "llo\n", "", 0), output(1, "bye\x1b[2J\n", "", 1)});
  CHECK(shown.str() == "[0] hello\n[1] goodbye\\x1b[2J\n");
}

TEST_CASE("who never ends a line is shown all the same") {
  std::ostringstream shown;
  EngineLines lines(&shown);
  for (int i = 0; i < 5; ++i)
    lines.add({output(0, std::string(1000, '.'))});
  CHECK(shown.str() == "[0] " + std::string(5000, '.') + "\n");
}

TEST_CASE("outputs are displayed by type, by engine or by task") {
  CHECK(displayed(GroupBy::type) == "[1] a\n[0] b\n[0] bb\n[1] c\n[1 stderr] A\n[0 stderr] B\n");
  CHECK(displayed(GroupBy::engine) == "[0] b\n[0] bb\n[0 stderr] B\n[1] a\n[1 stderr] A\n[1] c\n");
  CHECK(displayed(GroupBy::order) == "[1] a\n[1 stderr] A\n[0] b\n[0] bb\n[0 stderr] B\n[1] c\n");
}
