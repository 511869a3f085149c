// Other users of the machine, and disks that are full. These need root, as in CI: without it there
// is neither another user to be nor a disk to fill.

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using namespace muster::test;

namespace {

namespace fs = std::filesystem;

constexpr auto everybody = fs::perms::all | fs::perms::sticky_bit;

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("only root can try this");
  return false;
}

/// Runs a script of the shell, in which $MUSTER is the command.
Finished run_script(const Sandbox& sandbox, const std::string& muster, const std::string& script,
                    std::vector<std::string> in = {}) {
  in.insert(in.end(), {"/bin/sh", "-eu", "-c", script});
  return run(in, sandbox.path() / "outputs", {{"MUSTER", muster}});
}

}  // namespace

TEST_CASE("two users of one machine have each their own cluster and no way into the other's") {
  if (!is_root()) return;
  const Cluster cluster(1);
  const Sandbox& sandbox = cluster.sandbox();
  // What users share is the temporary directory, and here the directories above it.
  fs::permissions(sandbox.path(), fs::perms::all);
  fs::permissions(sandbox.path() / "tmp", everybody);
  const fs::path muster = sandbox.path() / "muster";
  fs::copy_file(program("muster"), muster);
  const fs::path home = sandbox.path() / "nobody";
  fs::create_directory(home);
  REQUIRE(::chown(home.c_str(), 65534, 65534) == 0);

  const auto as_nobody = [&](const std::string& script) {
    return run_script(sandbox, muster, script,
                      {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  };
  if (as_nobody("test -x $MUSTER").code != 0) {
    WARN("nobody can't enter " << sandbox.path() << ": set TMPDIR to a directory for all");
    return;
  }
  const Finished peek = as_nobody("$MUSTER status");
  INFO(peek.err);
  CHECK(peek.code > 0);
  CHECK_THAT(peek.err, Catch::Contains("ermission denied"));
  CHECK(as_nobody("ls $TMPDIR/muster-0 || exit 9").code == 9);
  const Finished own = as_nobody(
      "export XDG_STATE_HOME=" + home.string() + "/state XDG_CACHE_HOME=" + home.string() +
      "/cache; $MUSTER start -n 1 --daemonize; $MUSTER run -- id -u; $MUSTER list; $MUSTER stop");
  INFO(own.err);
  CHECK(own.code == 0);
  CHECK_THAT(own.out, Catch::Contains("65534\n"));
  CHECK(sandbox.muster({"run", "--", "id", "-u"}).out == "0\n");
}

TEST_CASE("a full disk is named by who needs it, and everything works when it has room again") {
  if (!is_root()) return;
  const Sandbox sandbox;
  const std::string disk = (sandbox.path() / "state").string();
  const Finished end = run_script(sandbox, program("muster"),
                                  "mount -t tmpfs -o size=1m none " + disk + "; cd /\n" +
                                      "fill() { dd if=/dev/zero of=" + disk +
                                      "/filler bs=4k 2>/dev/null || true; }\n"
                                      "fill\n"
                                      "if $MUSTER start -n 1 --daemonize; then exit 5; fi\n"
                                      "rm " +
                                      disk +
                                      "/filler\n"
                                      "$MUSTER start -n 1 --daemonize\n"
                                      "fill\n"
                                      "$MUSTER run -- echo works on a full disk\n"
                                      "$MUSTER status >/dev/null\n"
                                      "rm " +
                                      disk +
                                      "/filler\n"
                                      "$MUSTER run -- echo and afterwards\n"
                                      "$MUSTER stop\n",
                                  {"/usr/bin/unshare", "--mount", "--propagation", "private"});
  INFO(end.out);
  INFO(end.err);
  CHECK(end.code == 0);
  CHECK_THAT(end.err, Catch::Contains("No space left on device"));
  CHECK_THAT(end.err, Catch::Contains(disk));
  CHECK_THAT(end.out,
             Catch::Contains("works on a full disk\n") && Catch::Contains("and afterwards\n"));
}

TEST_CASE("a cluster whose directory is removed ends, one that lost its file has it again") {
  const Sandbox sandbox;
  Child start({program("muster"), "start", "-n", "1"}, sandbox.path() / "outputs");
  REQUIRE(start.has_said("is running"));
  const std::filesystem::path directory = sandbox.path() / "state/muster/default/default";
  std::filesystem::remove(directory / "connection.json");
  CHECK(eventually([&] { return std::filesystem::exists(directory / "connection.json"); }));
  CHECK(sandbox.muster({"run", "--", "true"}).code == 0);

  std::filesystem::remove_all(directory);
  // Another one in the same place is another cluster, which the end of the first leaves alone.
  CHECK(sandbox.muster({"start", "-n", "1", "--daemonize"}).code == 0);
  const Finished end = start.wait();
  CHECK(end.code == 1);
  CHECK_THAT(end.err, Catch::Contains(directory.string() + " was removed"));
  CHECK(sandbox.muster({"run", "--", "true"}).code == 0);
  CHECK(sandbox.muster({"stop"}).code == 0);
}
