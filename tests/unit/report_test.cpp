// The picture of a run, from the controller's words to SVG and page.

#include <string>

#include <catch2/catch.hpp>

#include "launcher/chart_svg.hpp"
#include "launcher/report_page.hpp"
#include "launcher/run_chart.hpp"
#include "protocol/function_name.hpp"

using Catch::Contains;
using muster::launcher::read_chart;
using muster::launcher::RunChart;

namespace {

/// Two engines; the second one's first process dies. Nanoseconds; asked at 10 s.
const std::string run = R"({
  "now_ns": 10000000000, "started_ns": 0, "resolution_ns": 0, "dropped": 0,
  "codes": [{"entry": "N6muster6detail8ConstantIXadL_Z8simulatedEEEE", "program": "/a/<b>&c"},
            {"entry": "no name", "program": "p"}],
  "processes": [
    {"engine": 1, "pid": 11, "host": "far", "spans": [
      [1000000000, 2000000000, 1000000000, 1, 0, 0], [2500000000, 2500000000, 0, 0, 0, null]]},
    {"engine": 0, "pid": 10, "host": "near", "spans": [
      [1000000000, 1500000000, 500000000, 1, 0, 0], [2000000000, 5000000000, 3000000000, 1, 1, 1]]},
    {"engine": 1, "pid": 12, "host": "far", "spans": [
      [3000000000, 5000000000, 1000000000, 40, 0, null]]}]})";

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++count;
  return count;
}

}  // namespace

TEST_CASE("functions have the names that their authors gave them") {
  using muster::wire::function_name;
  CHECK(function_name("N6muster6detail8ConstantIXadL_Z8simulatedEEEE") == "simulate(double)");
  CHECK(function_name("N6muster6detail8ConstantIXadL_Z5wordsNSt7__cxx1112basic_stringIcSt11char_"
                      "traitsIcESaIcEEEEEEE") == "words(std::string)");
  CHECK(function_name("N6muster6detail9StatelessIZ4mainEUliiE_EE") == "main::{lambda(int, int)#1}");
  CHECK(function_name("N6muster6detail8ConstantIXadL_Z8simulatedEEEE#2") == "simulate(double) #2");
  // muster::depend<is_last, engine_of>: what depends, not on what.
  CHECK(function_name("N6muster6detail8ConstantIXadL_ZNS0_9DependingIXadL_Z7is_lastRKNS_7ContextEEE"
                      "XadL_Z9engine_ofiEElNS0_4ListIJiEEEE4callES5_iEEEE") == "engine_of(int)");
  CHECK(function_name("jobs.solve") == "jobs.solve");
  CHECK(function_name("jobs::solve FddE") == "jobs::solve(double)");
  CHECK(function_name("jobs::solve FddE {} []") == "jobs::solve(double)");
  CHECK(function_name("N6muster6detail8ConstantIXadL_ZNS0_17run_shell_commandERKNS0_"
                      "12ShellRequestESt10stop_tokenEEEE") == "shell command");
  // Whichever way it is called: with a value by name, for its effect, by chunks, folded.
  CHECK(function_name("N6muster6detail9StatelessINS0_9NamedCallINS0_8ConstantIXadL_Z8simulatedEEEEN"
                      "S0_4ListIJNS0_5NamedIdEEEEEEEEE") == "simulate(double)");
  CHECK(function_name("N6muster6detail9StatelessINS0_6EffectINS0_8ConstantIXadL_Z8simulatedEEEENS0_"
                      "4ListIJdEEEEEEE") == "simulate(double)");
  CHECK(function_name("N6muster6detail17ChunkRegistrationINS0_8ConstantIXadL_Z8simulatedEEEEEE") ==
        "simulate(double)");
  CHECK(function_name("N6muster6detail16FoldRegistrationINS0_8ConstantIXadL_Z8simulatedEEEENS2_"
                      "IXadL_Z3addiiEEEEEE") == "simulate(double)");
  CHECK(
      function_name("N6muster6detail9StatelessINS0_9PushValueISt6vectorIS3_IdSaIdEESaIS5_EEEEEE") ==
      "push(std::vector<std::vector<double>>)");
  CHECK(function_name("N6muster6detail9StatelessINS0_12ForgetValuesEEE") == "clear");
}

TEST_CASE("a chart counts from the first task and has a row for each process") {
  const RunChart chart = read_chart(run);
  REQUIRE(chart.rows.size() == 3);
  CHECK(chart.rows[0].pid == 10);
  CHECK(chart.rows[1].pid == 11);
  CHECK(chart.rows[2].pid == 12);
  CHECK(chart.length == Approx(4));
  CHECK(chart.began_ago == Approx(9));
  CHECK(chart.tasks == 43);
  CHECK(chart.failed == 1);
  CHECK(chart.deaths == 1);
  CHECK(chart.rows[0].bars[1].begin == Approx(1));
  CHECK(chart.functions[0].tasks == 2);
  CHECK(chart.functions[0].busy == Approx(1.5));
  CHECK(chart.utilisation() == Approx(5.5 / 8));
}

TEST_CASE("a chart of the last seconds leaves out what ended before") {
  const RunChart chart = read_chart(run, 6);
  REQUIRE(chart.rows.size() == 2);
  CHECK(chart.rows[0].bars.size() == 1);
  CHECK(chart.tasks == 41);
}

TEST_CASE("what isn't a timeline is refused in a sentence") {
  for (const char* text : {"", "{}", "[]", R"({"now_ns": "x"})"}) {
    CHECK_THROWS_WITH(read_chart(text), Contains("timeline can't be read"));
  }
  std::string wild = run;
  wild.replace(wild.find("1, 0, 0]"), 8, "1, 0, 9]");  // a function that isn't in the list
  CHECK_THROWS_WITH(read_chart(wild), Contains("timeline can't be read"));
}

TEST_CASE("a timeline's numbers are whole and fit, or it is refused") {
  for (const char* wrong : {"1e300", "1.5", "-5", "18446744073709551615", "\"3\""}) {
    INFO(wrong);
    for (const std::string right : {"10000000000", "5000000000", "40"}) {
      std::string text = run;
      text.replace(text.find(right), right.size(), wrong);
      CHECK_THROWS_WITH(read_chart(text), Contains("timeline can't be read"));
    }
  }
}

TEST_CASE("the picture has a bar for each task that is wide enough, and a cross for a death") {
  RunChart chart = read_chart(run);
  chart.cluster = "a < b";
  const std::string svg = muster::launcher::chart_svg(chart);
  CHECK_THAT(svg, Contains("a &lt; b"));
  CHECK(times(svg, "the process died</title>") == 1);
  CHECK(times(svg, "</title></rect>") == 4);
  CHECK_THAT(svg, Contains("simulate(double), 500 ms at 0"));
  CHECK_THAT(svg, Contains("several functions, 40 tasks"));
}

TEST_CASE("many short tasks take no more of the picture than its pixels") {
  RunChart chart = read_chart(run);
  RunChart::Row& row = chart.rows[0];
  row.bars.clear();
  for (int i = 0; i < 100'000; ++i)
    row.bars.push_back({i * 4e-5, i * 4e-5 + 2e-5, 2e-5, 1, 0, 0});
  CHECK(muster::launcher::chart_svg(chart).size() < 400'000);
}

TEST_CASE("the page stands alone, and a name can't break out of its place") {
  RunChart chart = read_chart(run);
  chart.cluster = "x";
  chart.functions[1].name = "</script><script>alert(1)</script>@data@";
  const std::string page = muster::launcher::report_page(chart);
  CHECK_THAT(page, !Contains("<script>alert"));
  CHECK(times(page, "</script>") == 1);
  CHECK_THAT(page, !Contains("@summary@") && !Contains("https:") && !Contains(" src="));
  CHECK_THAT(page, Contains("/a/&lt;b&gt;&amp;c"));
  CHECK_THAT(page, Contains("43 tasks in 4 s"));
}
