#include "launcher/finding.hpp"

#include <fmt/core.h>

namespace muster::launcher {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
/// A process of an engine that has done nothing takes less than a tenth of it.
constexpr std::uint64_t memory_needed = 256 * mib;
/// Of the process that has most, the controller: sockets for both directions of an engine and of
/// its node, and the files of programs and logs.
constexpr std::uint64_t files_per_engine = 4;
constexpr std::uint64_t files_for_itself = 64;

}  // namespace

std::string size_text(std::uint64_t bytes) {
  const double size = static_cast<double>(bytes);
  if (bytes >= mib << 10) return fmt::format("{:.1f} GiB", size / static_cast<double>(mib << 10));
  return fmt::format("{} MiB", bytes / mib);
}

Finding open_files_finding(std::uint64_t allowed) {
  const std::uint64_t engines =
      allowed < files_for_itself ? 0 : (allowed - files_for_itself) / files_per_engine;
  const std::string text =
      fmt::format("{} a process, enough for about {} engines at one controller", allowed, engines);
  if (engines >= 100) return good("open files", text);
  return Finding{engines < 4 ? Grade::fail : Grade::warn, "open files", text,
                 "raise the limit: ulimit -Hn, or nofile in /etc/security/limits.conf"};
}

Finding memory_finding(std::uint64_t available) {
  const std::string text = size_text(available) + " available";
  if (available >= memory_needed) return good("memory", text);
  return warning("memory", text, "end something else, or start few engines");
}

}  // namespace muster::launcher
