#include "launcher/memory_limit_option.hpp"

#include <CLI/CLI.hpp>

#include "launcher/option.hpp"

namespace muster::launcher {
namespace {

// A process that serves takes some itself.
constexpr int mib_min = 32;
constexpr int mib_max = 1 << 30;

}  // namespace

void add_memory_limit_option(CLI::App& command, int& mib) {
  restrict_to_numbers(
      *command.add_option("--memory-limit", mib,
                          "What an engine's process may take: at 0.8 of it another one takes its "
                          "place when its task has ended, at all of it at once"),
      mib_min, mib_max, "MIB");
}

}  // namespace muster::launcher
