#include "launcher/toolchain.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/error.hpp>

using Catch::Contains;
using muster::launcher::toolchain_in;

TEST_CASE("a toolchain's file says how modules are compiled, relative to its own place") {
  const auto toolchain = toolchain_in(
      "# a comment\ncompiler /usr/bin/c++\ncompile -std=c++20\ncompile -I{here}/../include\n\n"
      "link -Wl,--version-script={here}/module.map",
      "/opt/muster/lib/toolchain");
  CHECK(toolchain.compiler == "/usr/bin/c++");
  CHECK(toolchain.compile ==
        std::vector<std::string>{"-std=c++20", "-I/opt/muster/lib/../include"});
  CHECK(toolchain.link ==
        std::vector<std::string>{"-Wl,--version-script=/opt/muster/lib/module.map"});
}

TEST_CASE("a toolchain's file that says something else is refused with its path") {
  CHECK_THROWS_WITH(toolchain_in("flags -O2\n", "/a/toolchain"),
                    Contains("/a/toolchain") && Contains("flags -O2"));
  CHECK_THROWS_WITH(toolchain_in("compile -O2\n", "/a/toolchain"),
                    Contains("/a/toolchain names no compiler"));
}
