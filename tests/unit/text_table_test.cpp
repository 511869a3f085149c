#include "launcher/text_table.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a table aligns words to the left and numbers to the right") {
  muster::launcher::TextTable table({"name", "count"});
  table.add({"a", "1"});
  table.add({"longer", "100"});
  table.add({"none", "-"});
  CHECK(table.text() ==
        "name    count\n"
        "a           1\n"
        "longer    100\n"
        "none        -\n");
}
