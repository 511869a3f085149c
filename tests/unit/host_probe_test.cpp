// What doctor makes of a host's answers.

#include "launcher/host_probe.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::launcher {
namespace {

using Catch::Contains;

const ThisMachine here{"Linux x86_64", "glibc 2.36"};
const HostProbe probe{"mark", "/state/.mark", {"10.0.0.1", "10.1.0.1"}, 4000};
constexpr std::int64_t second = 1'000'000'000;

/// A host that is as it should be, but for what is said at the end.
ProbeEnd answers(const std::string& more, const std::string& without = "nothing") {
  ProbeEnd end;
  end.ok = true;
  end.began = 1'000 * second;
  end.ended = 1'003 * second;
  const std::vector<std::string> usual = {"began 1001.5",    "system Linux x86_64",
                                          "libc glibc 2.36", "cpus 8",
                                          "memory 8000000",  "files 1048576",
                                          "shared no",       "runs yes",
                                          "space 9000000",   "cache /home/u/.cache/muster",
                                          "tool /bin/bash",  "reaches 10.1.0.1",
                                          "ended 1002.5"};
  end.said = "Welcome\nmark \n";
  for (const std::string& answer : usual) {
    if (!answer.starts_with(without)) end.said += "mark " + answer + "\n";
  }
  end.said += more;
  return end;
}

std::string found(const ProbeEnd& end, const std::string& check) {
  const std::vector<Finding> findings = findings_of(probe, end, here);
  const auto finding = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding& one) { return one.check == check; });
  if (finding == findings.end()) return "nothing";
  const char* grade = finding->grade == Grade::ok     ? "OK "
                      : finding->grade == Grade::warn ? "WARN "
                                                      : "FAIL ";
  return grade + finding->text + " -> " + finding->advice;
}

}  // namespace

TEST_CASE("a host that is as it should be has nothing but good findings") {
  for (const Finding& finding : findings_of(probe, answers(""), here)) {
    CAPTURE(finding.check, finding.text);
    CHECK(finding.grade == Grade::ok);
  }
  CHECK_THAT(found(answers(""), "way back"), Contains("at 10.1.0.1"));
}

TEST_CASE("a host that doesn't reach this one is told to use a tunnel") {
  CHECK_THAT(
      found(answers("", "reaches"), "way back"),
      Contains("FAIL it doesn't reach this host at 10.0.0.1, 10.1.0.1") && Contains("--tunnel"));
  std::string end = answers("", "reaches").said;
  end.erase(end.find("mark tool"), std::string("mark tool /bin/bash\n").size());
  ProbeEnd without_bash = answers("");
  without_bash.said = end;
  CHECK_THAT(found(without_bash, "way back"), Contains("WARN not tried"));
}

TEST_CASE("clocks differ by what can't be explained by the time that asking took") {
  CHECK_THAT(found(answers("mark began 995.0\n", "began"), "clock"), Contains("WARN 5 s behind"));
  CHECK_THAT(found(answers("mark ended 1063.0\n", "ended"), "clock"),
             Contains("WARN 60 s ahead of"));
}

TEST_CASE("a host that muster can't run on, or can't be put on, fails") {
  CHECK_THAT(found(answers("mark system Linux aarch64\n", "system"), "system"),
             Contains("FAIL Linux aarch64, and this muster is for Linux x86_64"));
  CHECK_THAT(found(answers("mark libc glibc 2.9\n", "libc"), "system"),
             Contains("WARN ") && Contains("oldest C library"));
  CHECK_THAT(found(answers("", "libc"), "system"), Contains("WARN ") && Contains("not of the GNU"));
  CHECK_THAT(found(answers("mark refused mkdir: Permission denied\n", "runs"), "cache"),
             Contains("FAIL mkdir: Permission denied"));
  CHECK_THAT(found(answers("mark runs no\n", "runs"), "cache"),
             Contains("FAIL ") && Contains("nothing may be executed"));
  CHECK_THAT(found(answers("mark space 10\n", "space"), "cache"),
             Contains("FAIL ") && Contains("free some"));
  CHECK_THAT(found(answers("mark files 80\n", "files"), "open files"),
             Contains("WARN 80 a process"));
}

TEST_CASE("a host without a shell for us is told by what the login has said") {
  ProbeEnd end;
  end.why = "Permission denied (publickey)\x1b[31m";
  CHECK_THAT(found(end, "login"), Contains("FAIL Permission denied") && !Contains("\x1b"));
  CHECK(findings_of(probe, end, here).size() == 1);
}

}  // namespace muster::launcher
