// muster doctor: what it finds here and on other hosts.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/hosts.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::test::Finished;
using muster::test::Hosts;
using muster::test::program;
using muster::test::run;
using muster::test::Sandbox;

namespace fs = std::filesystem;

namespace {

/// "GRADE text -> advice" of one check of a host whose name begins so.
std::string found(const Finished& doctor, const std::string& host, const std::string& check) {
  for (const auto& finding : nlohmann::json::parse(doctor.out)) {
    if (!finding["host"].get<std::string>().starts_with(host) || finding["check"] != check)
      continue;
    return finding["grade"].get<std::string>() + " " + finding["text"].get<std::string>() + " -> " +
           finding["advice"].get<std::string>();
  }
  return "not looked at";
}

void write_program(const fs::path& path, const std::string& text) {
  std::ofstream(path) << "#!/bin/sh\n" << text;
  fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("doctor looks at all that a cluster here needs, and leaves nothing behind") {
  const Sandbox sandbox;
  const Finished plain = sandbox.muster({"doctor"});
  INFO(plain.out << plain.err);
  CHECK(plain.code == 0);
  CHECK_THAT(plain.out, Contains("this host, ") && Contains("\n0 failures, "));
  const Finished doctor = sandbox.muster({"doctor", "--json"});
  CHECK(doctor.code == 0);
  for (const char* check : {"muster", "processors", "memory", "open files", "sockets", "state",
                            "cache", "addresses", "clock", "launchers", "compiler"}) {
    CAPTURE(check);
    CHECK_THAT(found(doctor, "this host", check), !Contains("not looked at"));
  }
  CHECK_THAT(found(doctor, "this host", "leftovers"), Contains("OK none"));
  CHECK(fs::is_empty(sandbox.path() / "state/muster"));
  CHECK_THAT(sandbox.muster({"clean", "--dry-run"}).out, Contains("nothing to remove"));
}

TEST_CASE("doctor says what keeps a cluster from working here, and what to do about it") {
  const Sandbox sandbox;
  const fs::path open = sandbox.path() / "open";
  fs::create_directories(open / "muster");
  fs::permissions(open / "muster", fs::perms::owner_all | fs::perms::others_all);
  const Finished doctor =
      run({"/usr/bin/env", "XDG_STATE_HOME=" + open.string(),
           "TMPDIR=" + (sandbox.path() / "nowhere").string(), "/usr/bin/prlimit", "--nofile=40:40",
           program("muster"), "doctor", "--json"},
          sandbox.path() / "outputs");
  INFO(doctor.out << doctor.err);
  CHECK(doctor.code == 1);
  CHECK_THAT(found(doctor, "this host", "open files"),
             Contains("FAIL 40 a process") && Contains("ulimit -Hn"));
  CHECK_THAT(found(doctor, "this host", "state"), Contains("FAIL ") && Contains("chmod"));
  CHECK_THAT(found(doctor, "this host", "sockets"), Contains("FAIL ") && Contains("TMPDIR"));

  CHECK(sandbox.muster({"start", "-n", "1", "--daemonize"}).code == 0);
  CHECK_THAT(found(sandbox.muster({"doctor", "--json"}), "this host", "leftovers"),
             Contains("OK none"));
  CHECK(sandbox.muster({"stop"}).code == 0);
}

TEST_CASE("doctor looks at other hosts as start reaches them, and says what is wrong with each") {
  const Sandbox sandbox;
  const fs::path tools = sandbox.path() / "tools";
  fs::create_directory(tools);
  write_program(tools / "uname", "[ $1 = -m ] && echo s390x || echo Linux\n");
  const fs::path late = sandbox.path() / "late";
  fs::create_directory(late);
  write_program(late / "date", "exec /bin/date -d '1 hour ago' \"$@\"\n");
  const fs::path launcher = sandbox.path() / "launcher";
  write_program(launcher,
                "case $1 in\n"
                "good) echo Welcome; printf 'no end'; exec sh -c \"$2\";;\n"
                "away) echo 'no route to host' >&2; exit 1;;\n"
                "other) PATH=" +
                    tools.string() +
                    ":$PATH exec sh -c \"$2\";;\n"
                    "late) PATH=" +
                    late.string() +
                    ":$PATH exec sh -c \"$2\";;\n"
                    "strict) XDG_CACHE_HOME=/proc/nothing exec sh -c \"$2\";;\n"
                    "esac\n");
  const Finished doctor = sandbox.muster({"doctor", "--json", "--launcher", launcher.string(),
                                          "--hosts", "good,away,other,late,strict"});
  INFO(doctor.out << doctor.err);
  CHECK(doctor.code == 1);
  CHECK_THAT(found(doctor, "good", "login"), Contains("OK a shell"));
  CHECK_THAT(found(doctor, "good", "system"), Contains("OK Linux "));
  CHECK_THAT(found(doctor, "good", "cache"), Contains("OK ") && Contains("cache/muster, "));
  CHECK_THAT(found(doctor, "good", "clock"), Contains("OK "));
  CHECK_THAT(found(doctor, "good", "state"), Contains("OK it sees this host's"));
  CHECK_THAT(found(doctor, "away", "login"), Contains("FAIL no route to host"));
  CHECK_THAT(found(doctor, "other", "system"),
             Contains("FAIL Linux s390x, and this muster is for"));
  CHECK_THAT(found(doctor, "late", "clock"),
             Contains("WARN 3600 s behind") || Contains("WARN 3599 s behind"));
  CHECK_THAT(found(doctor, "strict", "cache"),
             Contains("FAIL ") && Contains("let XDG_CACHE_HOME name"));
  CHECK(fs::is_empty(sandbox.path() / "cache/muster"));
  CHECK(fs::is_empty(sandbox.path() / "state/muster"));

  const Finished unknown = sandbox.muster({"doctor", "--launcher", "sge"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Contains("run muster doctor in such a job"));
}

TEST_CASE("doctor tells over ssh whether hosts find their way back") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 3, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  hosts.unplug("h3");
  const Finished doctor =
      hosts.run("h1", {program("muster"), "doctor", "--json", "--ssh-arg=-F",
                       "--ssh-arg=" + hosts.ssh_config().string(), "--hosts", "h2,h3,nobody@h2"});
  INFO(doctor.out << doctor.err);
  CHECK(doctor.code == 1);
  CHECK_THAT(found(doctor, "h2", "way back"), Contains("OK it reaches this host at "));
  CHECK_THAT(found(doctor, "h2", "state"), Contains("OK it sees this host"));
  CHECK_THAT(found(doctor, "h3", "login"), Contains("FAIL ") && Contains("port 22"));
  CHECK_THAT(found(doctor, "nobody@h2", "login"), Contains("FAIL ") && Contains("denied"));
}
