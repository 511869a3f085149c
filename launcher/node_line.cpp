#include "launcher/node_line.hpp"

#include <cerrno>
#include <charconv>

#include <unistd.h>

namespace muster::launcher {
namespace {

/// $1 MARK, $2 key; all else is for `muster node`. `read` takes no byte behind its line, and `head`
/// gets no more than it asks for, because the launcher waits for the next answer. The setup is a
/// function's business, so that it can't change our arguments, and reads nothing that is ours.
constexpr std::string_view script =
    R"sh(m=$1; k=$2; shift 2; set -f; echo; echo "$m shell $(uname -s) $(uname -m)"; )sh"
    R"sh(c=${XDG_CACHE_HOME:-$HOME/.cache}/muster/bundles; b=$c/$k; )sh"
    R"sh([ -x "$b/muster" ] || { t=$c/$m.part; )sh"
    R"sh(e=$( (umask 077; mkdir -p "$t") 2>&1) || )sh"
    R"sh({ echo "$m failed it cannot make the directory $t: $e"; exit 1; }; )sh"
    R"sh(echo "$m need"; read n || exit 1; )sh"
    R"sh(e=$(head -c "$n" | tar -xof - -C "$t" 2>&1) || )sh"
    R"sh({ rm -rf "$t"; e=$(echo "$e" | grep -m 1 -e "space left" -e quota || )sh"
    R"sh(echo "$e" | head -n 1); )sh"
    R"sh(echo "$m failed muster cannot be unpacked into $c there: $e"; exit 1; }; )sh"
    R"sh(mv -T "$t" "$b" 2>/dev/null || [ -x "$b/muster" ] || mv "$t" "$b"; rm -rf "$t"; }; )sh"
    R"sh(echo "$m setup"; read n || exit 1; muster_mark=$m; muster_build=$b; set +f; )sh"
    R"sh(muster_setup() { eval "$1" </dev/null; }; muster_setup "$(head -c "$n")" || )sh"
    R"sh({ echo "$muster_mark failed its setup ended with exit code $?"; exit 1; }; )sh"
    R"sh(echo "$muster_mark start"; exec "$muster_build/muster" node --held "$muster_mark" "$@")sh";

}  // namespace

std::string NodeLine::text() const {
  std::string line = "exec sh -c '" + std::string(script) + "' sh " + mark + " " + bundle;
  line += " --image-cache " + std::to_string(image_cache_mib);
  if (engines > 0) line += " --engines " + std::to_string(engines);
  if (!log_level.empty()) line += " --log-level " + log_level;
  if (!resources.empty()) line += " --resources " + resources;
  if (memory_limit_mib > 0) line += " --memory-limit " + std::to_string(memory_limit_mib);
  return line;
}

std::optional<std::string> answer_in(std::string_view line, const std::string& mark) {
  const std::size_t place = line.find(mark + " ");
  if (place == std::string_view::npos) return std::nullopt;
  return std::string(line.substr(place + mark.size() + 1));
}

std::string counted(std::string_view content) {
  return std::to_string(content.size()) + "\n" + std::string(content);
}

std::optional<std::string> read_counted(int descriptor, std::size_t bytes_max) {
  const auto read_one = [descriptor](char* byte, std::size_t bytes) {
    ssize_t got = 0;
    do {
      got = ::read(descriptor, byte, bytes);
    } while (got < 0 && errno == EINTR);
    return got;
  };
  std::string number;
  for (char c = 0; read_one(&c, 1) == 1 && c != '\n' && number.size() < 20;)
    number += c;
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bytes);
  if (error != std::errc{} || end != number.data() + number.size() || bytes > bytes_max) {
    return std::nullopt;
  }
  std::string content(bytes, '\0');
  for (std::size_t have = 0; have < bytes;) {
    const ssize_t got = read_one(content.data() + have, bytes - have);
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return content;
}

}  // namespace muster::launcher
