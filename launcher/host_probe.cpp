#include "launcher/host_probe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "launcher/node_line.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

/// $1 MARK, $2 the shared file or "", $3 the port, then the addresses. What isn't there says
/// nothing. Only bash can open a connection by itself; it is asked to by whichever shell this is.
/// Several of these may run in one home at a time.
constexpr std::string_view script =
    R"sh(m=$1; s=$2; p=$3; shift 3; echo; say() { echo "$m $*"; }; )sh"
    R"sh(say began $(date +%s.%N); say system $(uname -s) $(uname -m); )sh"
    R"sh(say libc $(getconf GNU_LIBC_VERSION 2>/dev/null); say cpus $(nproc 2>/dev/null); )sh"
    R"sh(say memory $(sed -n "s/^MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo); )sh"
    R"sh(say files $(ulimit -Hn); )sh"
    R"sh([ -z "$s" ] || { [ -e "$s" ] && say shared yes || say shared no; }; )sh"
    R"sh(c=${XDG_CACHE_HOME:-$HOME/.cache}/muster; f=$c/$m-$(uname -n)-$$; umask 077; )sh"
    R"sh(if e=$( (mkdir -p "$c" && echo exit 0 >"$f" && chmod 700 "$f") 2>&1); then )sh"
    R"sh("$f" 2>/dev/null && say runs yes || say runs no; rm -f "$f"; say cache $c; )sh"
    R"sh(say space $(df -Pk "$c" | sed -n "2s/^[^ ]* *[0-9]* *[0-9]* *\([0-9]*\) .*/\1/p"); )sh"
    R"sh(else say refused $e; fi; )sh"
    R"sh(reach() { timeout 5 bash -c "read w </dev/tcp/$1/$p && echo \$w" 2>/dev/null; }; )sh"
    R"sh([ $p = 0 ] || { say tool $(command -v bash); for a in "$@"; do )sh"
    R"sh([ "$(reach $a)" = $m ] && say reaches $a; done; }; say ended $(date +%s.%N))sh";

using Answers = std::multimap<std::string, std::string>;

Answers answers_in(const HostProbe& probe, const std::string& said) {
  Answers answers;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const auto answer = answer_in(line, probe.mark);
    if (!answer) continue;
    const std::size_t blank = answer->find(' ');
    if (blank == std::string::npos) continue;
    answers.emplace(answer->substr(0, blank), answer->substr(blank + 1));
  }
  return answers;
}

std::optional<std::string> first(const Answers& answers, const char* name) {
  const auto found = answers.find(name);
  if (found == answers.end() || found->second.empty()) return std::nullopt;
  return wire::printable(found->second);
}

std::optional<std::uint64_t> number(const Answers& answers, const char* name) {
  const auto text = first(answers, name);
  if (!text) return std::nullopt;
  if (*text == "unlimited") return std::uint64_t{1} << 30;
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text->c_str(), &end, 10);
  if (end == text->c_str()) return std::nullopt;
  return value;
}

/// Its clock was read between two looks at ours: what lies outside of these is a difference.
Finding clock_of(const Answers& answers, const ProbeEnd& end) {
  const auto seconds = [&](const char* name) {
    const auto text = first(answers, name);
    return text ? std::strtod(text->c_str(), nullptr) : 0.0;
  };
  constexpr double to_seconds = 1e-9;
  const double behind = static_cast<double>(end.began) * to_seconds - seconds("began");
  const double ahead = seconds("ended") - static_cast<double>(end.ended) * to_seconds;
  const double difference = std::max(behind, ahead);
  const char* advice = "times of the two hosts won't agree in logs: let chrony or ntpd set them";
  constexpr double tolerable = 1;
  if (difference < tolerable) return good("clock", "as here, as far as can be told");
  return warning(
      "clock",
      fmt::format("{:.0f} s {} this host's", difference, behind > ahead ? "behind" : "ahead of"),
      advice);
}

/// "glibc 2.36" is older than "glibc 2.38".
bool older(const std::string& libc, const std::string& than) {
  const auto version = [](const std::string& text) {
    std::array<int, 2> numbers{};
    const std::size_t digit = text.find_first_of("0123456789");
    if (digit == std::string::npos) return numbers;
    std::istringstream words(text.substr(digit));
    char dot = 0;
    words >> numbers[0] >> dot >> numbers[1];
    return numbers;
  };
  return version(libc) < version(than);
}

Finding machine_of(const Answers& answers, const ThisMachine& here) {
  const std::string system = first(answers, "system").value_or("an unknown system");
  if (system != here.system) {
    return failure("system", fmt::format("{}, and this muster is for {}", system, here.system),
                   "start muster from a host of that kind, or leave the host out");
  }
  const std::string libc = first(answers, "libc").value_or("");
  if (libc.empty() || older(libc, here.libc)) {
    return warning("system",
                   fmt::format("{}, {}; here it is {}", system,
                               libc.empty() ? "not of the GNU C library" : libc, here.libc),
                   "build muster and your program on the host with the oldest C library");
  }
  return good("system", fmt::format("{}, {}", system, libc));
}

Finding cache_of(const Answers& answers) {
  if (const auto refused = first(answers, "refused")) {
    return failure(
        "cache", *refused,
        "muster is put there: let XDG_CACHE_HOME name a directory that can be written to, "
        "in that host's shell");
  }
  const std::uint64_t space = number(answers, "space").value_or(0) << 10;
  const std::string text =
      fmt::format("{}, {} free", first(answers, "cache").value_or("?"), size_text(space));
  if (first(answers, "runs") != "yes") {
    return failure("cache", text + ", where nothing may be executed",
                   "let XDG_CACHE_HOME name another place, in that host's shell");
  }
  constexpr std::uint64_t needed = std::uint64_t{64} << 20;
  if (space < needed) return failure("cache", text, "free some space: muster is put there");
  return good("cache", text);
}

Finding way_back(const HostProbe& probe, const Answers& answers) {
  const auto [begin, end] = answers.equal_range("reaches");
  if (begin != end) {
    std::string found;
    for (auto answer = begin; answer != end; ++answer)
      found += (found.empty() ? "" : ", ") + wire::printable(answer->second);
    return good("way back", "it reaches this host at " + found);
  }
  if (!first(answers, "tool")) {
    return warning("way back", "not tried: there is no bash there, which could",
                   "if it doesn't reach this host, start says so; then use --tunnel");
  }
  std::string tried;
  for (const std::string& address : probe.addresses)
    tried += (tried.empty() ? "" : ", ") + address;
  return failure("way back",
                 tried.empty() ? "this host has no address to be reached at"
                               : fmt::format("it doesn't reach this host at {}", tried),
                 "start with --tunnel, or open the ports of --port-range in the firewall");
}

}  // namespace

std::string HostProbe::line() const {
  std::string line = fmt::format("exec sh -c '{}' sh {} '{}' {}", script, mark, shared, port);
  for (const std::string& address : addresses)
    line += " " + address;
  return line;
}

ThisMachine this_machine() {
  utsname name{};
  ::uname(&name);
  std::array<char, 64> libc{};
  ::confstr(_CS_GNU_LIBC_VERSION, libc.data(), libc.size());
  return {std::string(name.sysname) + " " + name.machine, libc.data()};
}

std::vector<Finding> findings_of(const HostProbe& probe, const ProbeEnd& end,
                                 const ThisMachine& here) {
  const Answers answers = answers_in(probe, end.said);
  if (!first(answers, "began")) {
    return {failure("login", wire::printable(end.why.empty() ? "no shell has answered" : end.why),
                    "try it by hand: it has to work without a question")};
  }
  std::vector<Finding> findings;
  findings.push_back(
      good("login", fmt::format("a shell, {} processors", number(answers, "cpus").value_or(0))));
  findings.push_back(machine_of(answers, here));
  if (const auto memory = number(answers, "memory"))
    findings.push_back(memory_finding(*memory << 10));
  if (const auto files = number(answers, "files")) findings.push_back(open_files_finding(*files));
  findings.push_back(cache_of(answers));
  findings.push_back(clock_of(answers, end));
  if (!probe.shared.empty()) {
    const bool shared = first(answers, "shared") == "yes";
    findings.push_back(good("state", shared ? "it sees this host's: connection files are there, too"
                                            : "its own: it doesn't see this host's"));
  }
  if (probe.port != 0) findings.push_back(way_back(probe, answers));
  if (!end.ok)
    findings.push_back(warning("login", "it ended early: " + wire::printable(end.why), ""));
  return findings;
}

}  // namespace muster::launcher
