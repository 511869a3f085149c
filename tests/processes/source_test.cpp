// Code that comes as text: Client::compile and `muster px`.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

namespace fs = std::filesystem;
using Catch::Contains;
using muster::Remote;
using muster::test::bound;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Finished;

namespace {

constexpr Remote<int(int)> f{"f"};

const std::string square =
    "#include \"factor.hpp\"\n"
    "static int f(int x) {\n"
    "  return factor * x;\n"
    "}\n";

/// A compiler that never ends, and what it has written when it has begun: its number.
class SlowCompiler {
 public:
  explicit SlowCompiler(const fs::path& place) : path_(place / "slow-compiler") {
    std::ofstream(path_) << "#!/bin/sh\necho $$ > " << begun().string() << ".part && mv "
                         << begun().string() << ".part " << begun().string()
                         << "\nexec sleep 1000\n";
    fs::permissions(path_, fs::perms::owner_all);
  }
  std::string path() const { return path_.string(); }
  bool has_begun() const {
    return eventually([&] { return fs::exists(begun()); });
  }
  bool has_ended() const {
    pid_t pid = 0;
    std::ifstream(begun()) >> pid;
    return pid > 0 && eventually([pid] { return ::kill(pid, 0) != 0; });
  }

 private:
  fs::path begun() const { return path_.string() + ".begun"; }
  fs::path path_;
};

}  // namespace

TEST_CASE("source text is compiled once for the same flags, also for the next program") {
  Cluster cluster(1);
  const fs::path place = cluster.sandbox().path();
  const auto write = [&](int factor) {
    std::ofstream(place / "factor.hpp") << "constexpr int factor = " << factor << ";\n";
  };
  const auto call = [&](const muster::CompileOptions& options) {
    muster::Client client;
    client.compile(square, options);
    return client.load_balanced_view().apply<f>(3).get(bound);
  };
  const std::string here = "-I" + place.string();
  write(2);
  CHECK(call({.exports = {"f"}, .flags = {here}}) == 6);
  // What stands in a header of somebody else's doesn't count, so it is seen that nothing is
  // compiled.
  write(5);
  CHECK(call({.exports = {"f"}, .flags = {here}}) == 6);
  CHECK(call({.exports = {"f"}, .flags = {here, "-O1"}}) == 15);
}

TEST_CASE("what the compiler refuses is said in the compiler's words, with the text's own lines") {
  Cluster cluster(1);
  muster::Client client;
  try {
    client.compile("int f(int x) {\n  return y;\n}\n", {.exports = {"f"}});
    FAIL("it compiled");
  } catch (const muster::CompileError& error) {
    CHECK_THAT(error.what(),
               Contains("source.cpp:2:") && Contains("error:") && Contains("declared"));
  }
  CHECK_THROWS_WITH(client.compile("int f(int x) { return x; }", {.exports = {"g"}}),
                    Contains("exports:1:"));
  CHECK_THROWS_WITH(client.compile("int f(int x) { return x; }", {.compiler = "no-such-compiler"}),
                    Contains("no-such-compiler"));
  CHECK_THROWS_WITH(client.compile("double* f() { return nullptr; }", {.exports = {"f"}}),
                    Contains("a task returns a value"));
}

TEST_CASE("muster px runs a line on all engines, and shows what each has printed") {
  Cluster cluster(2);
  const auto px = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "px");
    return cluster.sandbox().muster(arguments);
  };
  const Finished value = px({"context.engine() * 10"});
  INFO(value.err);
  CHECK(value.code == 0);
  CHECK(value.out == "[0] 0\n[1] 10\n");
  CHECK(px({"-t", "1", "context.engine() * 10"}).out == "[1] 10\n");
  CHECK(px({"--group", "engine", "context.engine() * 10"}).out == "[0] 0\n[1] 10\n");

  const Finished thrown =
      px({"std::cout << \"here\" << std::endl; if (context.engine() == 1) throw 42;"});
  CHECK(thrown.code == 1);
  CHECK(thrown.out == "[0] here\n[1] here\n");
  CHECK_THAT(thrown.err, Catch::StartsWith("[1] muster px: ") && Contains("int"));

  // Each line that is another one costs a compilation: so there are few.
  const char* const last_is_shown =
      "auto s = std::string(\"a;\") + R\"(b;\")\"; std::map<std::string, std::vector<int>>"
      "{{s, {1, 2}}, {\"c\", {}}} // a; b";
  CHECK(px({"-t", "0", last_is_shown}).out == "[0] [(a;b;\", [1, 2]), (c, [])]\n");
  CHECK(px({"-t", "0", "std::mutex()"}).out ==
        "[0] a value of std::mutex, which has no operator<<\n");
  CHECK(px({"-t", "0", "int x = 5; /* ; */ for (int i = 0; i < 3; ++i) { x += i; } x"}).out ==
        "[0] 8\n");
  CHECK(px({"-t", "1", "return context.engine();"}).out == "[1] 1\n");
  CHECK(px({"-t", "0", "std::this_thread::yield()"}).code == 0);  // nothing to print

  const Finished wrong = px({"no_such_name()"});
  CHECK(wrong.code == 1);
  CHECK(wrong.out.empty());
  CHECK_THAT(wrong.err, Contains("line:1:") && Contains("no_such_name"));
}

TEST_CASE("a program that wants no compiled source any more ends the compiler") {
  Cluster cluster(1);
  const SlowCompiler compiler(cluster.sandbox().path());
  muster::Client client;
  std::stop_source enough;
  std::jthread user([&] {
    compiler.has_begun();
    enough.request_stop();
  });
  CHECK_THROWS_AS(client.compile(square, {.compiler = compiler.path(), .stop = enough.get_token()}),
                  muster::Cancelled);
  CHECK(compiler.has_ended());
}

TEST_CASE("Ctrl-C in muster px ends the compiler, or the line, and shows what that wrote") {
  Cluster cluster(1);
  const fs::path place = cluster.sandbox().path();
  const SlowCompiler compiler(place);
  const fs::path toolchain = place / "toolchain";
  std::ofstream(toolchain) << "compiler " << compiler.path() << "\n";
  const std::string command = muster::test::program("muster");
  {
    Child px({command, "px", "1"}, place, {{"MUSTER_TOOLCHAIN", toolchain.string()}});
    REQUIRE(compiler.has_begun());
    px.signal(SIGINT);
    CHECK(px.wait().code == 128 + SIGINT);
    CHECK(compiler.has_ended());
  }
  Child px({command, "px",
            "std::cout << \"begun\" << std::endl; std::ofstream(\"" + place.string() +
                "/begun\"); while (!stop.stop_requested()) usleep(1000);"},
           place);
  REQUIRE(eventually([&] { return fs::exists(place / "begun"); }));
  px.signal(SIGINT);
  const Finished ended = px.wait();
  CHECK(ended.code == 128 + SIGINT);
  CHECK(ended.out == "[0] begun\n");
  CHECK(ended.err.empty());
}

TEST_CASE("a task of a module runs again by muster debug, which loads the module") {
  const Cluster cluster(1);
  muster::Client client;
  client.session();
  const auto module = client.compile(
      "#include <stdexcept>\n"
      "static int f(int x) {\n"
      "  if (x > 9) throw std::out_of_range(\"too large\");\n"
      "  return 2 * x;\n"
      "}\n",
      {.exports = {"f"}});
  const auto view = client.load_balanced_view().from(module);
  const auto good = view.apply<f>(4);
  const auto bad = view.apply<f>(10);
  CHECK(good.get(bound) == 8);
  CHECK_THROWS_AS(bad.get(bound), muster::TaskError);
  CHECK(cluster.sandbox().muster({"debug", good.id().text()}).out == "8\n");
  const Finished said = cluster.sandbox().muster({"debug", bad.id().text()});
  CHECK(said.code == 1);
  CHECK_THAT(said.err, Contains("std::out_of_range: too large"));
}
