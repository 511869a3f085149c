// Programs on their way to hosts that don't have them.

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/far_node.hpp"
#include "tests/processes/patience.hpp"

namespace fs = std::filesystem;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::FarNode;
using muster::test::Finished;
using muster::test::program;
using muster::test::run;

namespace {

/// A cluster whose only engines are on another host, which doesn't have the program.
struct FarCluster {
  explicit FarCluster(int engines, const std::string& before = "true")
      : programs(cluster.sandbox().path() / "programs") {
    fs::create_directory(programs);
    fs::create_directory(cluster.sandbox().path() / "libraries");
    node.emplace(cluster, engines, programs, before);
  }

  fs::path copy_of(const std::string& name) {
    fs::path path = programs / name;
    fs::copy_file(program(name), path, fs::copy_options::overwrite_existing);
    return path;
  }
  Finished run(const fs::path& path) {
    return muster::test::run({path.string()}, cluster.sandbox().path() / "outputs");
  }
  std::uint64_t sent() const {
    const auto status = cluster.status();
    std::uint64_t sum = 0;
    for (const auto& host : status.at("hosts"))
      sum += host.at("image_bytes_sent").get<std::uint64_t>();
    return sum;
  }

  Cluster cluster{0};
  fs::path programs;
  std::optional<FarNode> node;
};

/// Where origin_user looks for it.
void put_library(const fs::path& sandbox, const char* from) {
  fs::create_directories(sandbox / "libraries");
  fs::copy_file(fs::path(from) / "libmuster_odd_library.so",
                sandbox / "libraries/libmuster_odd_library.so");
}

}  // namespace

#define NEEDS_ANOTHER_HOST()                                              \
  if (const std::string trouble = FarNode::trouble(); !trouble.empty()) { \
    WARN("skipped: " << trouble);                                         \
    return;                                                               \
  }

TEST_CASE("rule 26: a program travels once to a host with four engines, and again when rebuilt",
          "[wire]") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(4);
  const fs::path path = far.copy_of("global_client");
  const std::uint64_t bytes = fs::file_size(path);

  const Finished first = far.run(path);
  INFO(first.err << far.node->err());
  CHECK(first.out == "42\n");
  CHECK(far.sent() == bytes);

  CHECK(far.run(path).out == "42\n");
  CHECK(far.sent() == bytes);

  std::ofstream(path, std::ios::app) << "built again";
  CHECK(far.run(path).out == "42\n");
  CHECK(far.sent() == 2 * bytes + 11);

  // Another node of that host finds it in the cache.
  FarNode second(far.cluster, 1, far.programs);
  REQUIRE(eventually([&] { return far.cluster.status().at("engines").size() == 5; }));
  CHECK(far.run(path).out == "42\n");
  CHECK(far.sent() == 2 * bytes + 11);
}

TEST_CASE("rule 26: a task module travels once to a host with two engines", "[wire]") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(2);
  const fs::path module = far.programs / "jobs.so";
  fs::copy_file(MUSTER_JOBS_ONE, module);
  for (int round = 0; round < 2; ++round) {
    const Finished finished =
        run({program("module_user"), module.string()}, far.cluster.sandbox().path() / "outputs");
    INFO(finished.out << finished.err << far.node->err());
    CHECK(finished.out == "109\n");
    CHECK(far.sent() == fs::file_size(module));
  }
}

TEST_CASE("a host that lacks a task module's library says which") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1);
  const Finished finished =
      run({program("module_user"), MUSTER_JOBS_LACKING}, far.cluster.sandbox().path() / "outputs");
  INFO(finished.err << far.node->err());
  CHECK_THAT(finished.out, Catch::Contains("jobs_lacking.so") &&
                               Catch::Contains("libmuster_odd_library.so is missing there"));
}

TEST_CASE("where nothing may be executed from the cache, programs run from memory") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1, "mkdir -p $XDG_CACHE_HOME && mount -t tmpfs -o noexec none $XDG_CACHE_HOME");
  const Finished finished = far.run(far.copy_of("global_client"));
  INFO(finished.err << far.node->err());
  CHECK(finished.out == "42\n");
}

TEST_CASE("a bundled program brings its library to a host that doesn't have it") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(2);
  const fs::path plain = far.copy_of("library_user");
  const muster::test::Variables found{{"LD_LIBRARY_PATH", MUSTER_ODD_LIBRARY_DIR}};
  const fs::path outputs = far.cluster.sandbox().path() / "outputs";

  const Finished alone = run({plain.string()}, outputs, found);
  CHECK(alone.code == 7);
  CHECK_THAT(alone.out, Catch::Contains("libmuster_odd_library.so is missing there") &&
                            Catch::Contains("muster bundle"));

  const fs::path bundle = far.programs / "bundle";
  const Finished packed =
      run({program("muster"), "bundle", plain.string(), "-o", bundle.string()}, outputs, found);
  INFO(packed.out << packed.err);
  REQUIRE(packed.code == 0);
  CHECK(fs::exists(bundle / "lib/libmuster_odd_library.so"));
  CHECK_FALSE(fs::exists(bundle / "lib/libc.so.6"));

  const Finished finished = far.run(bundle / "library_user");
  INFO(finished.out << finished.err << far.node->err());
  CHECK(finished.code == 0);
  const std::uint64_t sent = far.sent();
  CHECK(sent >= fs::file_size(plain) + fs::file_size(bundle / "lib/libmuster_odd_library.so"));
  CHECK(far.run(bundle / "library_user").code == 0);
  CHECK(far.sent() == sent);
}

TEST_CASE("a program that names its libraries relative to itself finds them on another host") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1);
  put_library(far.cluster.sandbox().path(), MUSTER_ODD_LIBRARY_DIR);
  const Finished finished = far.run(far.copy_of("origin_user"));
  INFO(finished.err << far.node->err());
  CHECK(finished.out == "7\n");
}

TEST_CASE("rule 26: a host with another build of a library doesn't run the program") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1, "mount --bind " MUSTER_ODD_LIBRARY_AGAIN_DIR " $TMPDIR/../libraries");
  put_library(far.cluster.sandbox().path(), MUSTER_ODD_LIBRARY_DIR);
  const Finished finished = far.run(far.copy_of("origin_user"));
  INFO(finished.err << far.node->err());
  CHECK_THAT(finished.out, Catch::StartsWith("ImageMismatch: ") &&
                               Catch::Contains("libmuster_odd_library.so is another build"));
}

TEST_CASE("rule 26: what is addressed to a host that can't run the program ends, others run it") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1, "mount --bind " MUSTER_ODD_LIBRARY_AGAIN_DIR " $TMPDIR/../libraries");
  put_library(far.cluster.sandbox().path(), MUSTER_ODD_LIBRARY_DIR);
  const fs::path user = far.copy_of("origin_user");
  REQUIRE(eventually([&] { return far.cluster.status().at("engines").size() == 1; }));
  REQUIRE(far.cluster.sandbox().muster({"engines", "-n", "1", "--daemonize"}).code == 0);
  const fs::path outputs = far.cluster.sandbox().path() / "outputs";
  const Finished there = run({user.string(), "0"}, outputs);
  CHECK_THAT(there.out, Catch::StartsWith("ImageMismatch: ") &&
                            Catch::Contains("libmuster_odd_library.so is another build"));
  CHECK(run({user.string(), "1"}, outputs).out == "7\n");
  CHECK(far.run(user).out == "7\n");
}

TEST_CASE("a host whose library is older than the program's says which version it lacks") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1, "mount --bind " MUSTER_ODD_LIBRARY_OLD_DIR " $TMPDIR/../libraries");
  put_library(far.cluster.sandbox().path(), MUSTER_ODD_LIBRARY_DIR);
  const Finished finished = far.run(far.copy_of("origin_user"));
  INFO(finished.err << far.node->err());
  CHECK_THAT(finished.out,
             Catch::StartsWith("ImageMismatch: ") &&
                 Catch::Contains("libmuster_odd_library.so is too old there: it lacks ODD_2"));
}

TEST_CASE("a host with no room for a program says where to make some") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(1, "mkdir -p $XDG_CACHE_HOME && mount -t tmpfs -o size=128k none $XDG_CACHE_HOME");
  const fs::path path = far.copy_of("library_user");
  const Finished finished = run({path.string()}, far.cluster.sandbox().path() / "outputs",
                                {{"LD_LIBRARY_PATH", MUSTER_ODD_LIBRARY_DIR}});
  INFO(finished.err << far.node->err());
  CHECK(finished.code == 7);
  CHECK_THAT(finished.out, Catch::StartsWith("ImageMismatch: ") &&
                               Catch::Contains("No space left on device; free some space there"));
}

TEST_CASE("rule 26: a program that travels when its host dies travels again to the next one",
          "[wire]") {
  NEEDS_ANOTHER_HOST()
  FarCluster far(2);
  const fs::path path = far.copy_of("global_client");
  fs::resize_file(path, std::uintmax_t{192} << 20);
  muster::test::Child client({path.string()}, far.cluster.sandbox().path() / "outputs");
  std::uint64_t sent = 0;
  REQUIRE(eventually([&] { return (sent = far.sent()) > 0; }));
  far.node->kill();
  CHECK(sent < fs::file_size(path));
  far.node.emplace(far.cluster, 2, far.programs);
  const Finished finished = client.wait();
  INFO(finished.err << far.node->err());
  CHECK(finished.out == "42\n");
}

TEST_CASE("rule 26: a program whose library was rebuilt runs with the new one") {
  const Cluster cluster(1);
  const fs::path place = cluster.sandbox().path();
  fs::create_directory(place / "programs");
  const fs::path path = place / "programs/origin_user";
  fs::copy_file(program("origin_user"), path);
  put_library(place, MUSTER_ODD_LIBRARY_DIR);
  CHECK(run({path.string()}, place / "outputs").out == "7\n");
  fs::remove_all(place / "libraries");
  put_library(place, MUSTER_ODD_LIBRARY_AGAIN_DIR);
  CHECK(run({path.string()}, place / "outputs").out == "8\n");
}
