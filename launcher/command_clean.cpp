// muster clean: removes what dead clusters have left.

#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/leftovers.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

struct CleanOptions {
  bool cache = false;
  bool dry_run = false;
};

int clean(const CleanOptions& options) {
  const Removal removal = options.dry_run ? Removal::look : Removal::remove;
  std::vector<Leftover> all = leftover_sockets(removal);
  const auto add = [&all](const std::vector<Leftover>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(leftover_clusters(removal));
  if (options.cache) add(leftover_images(removal));
  if (options.cache) add(leftover_bundles(removal));
  int code = exit_ok;
  bool removed = false;
  for (const Leftover& leftover : all) {
    const std::string path = wire::printable(leftover.path.string());
    if (leftover.kept.empty()) {
      fmt::print("{} {}: {}\n", options.dry_run ? "would remove" : "removed", leftover.what, path);
      removed = true;
      continue;
    }
    fmt::print(stderr, "muster clean: {} ({}) stays: {}\n", leftover.what, path,
               wire::printable(leftover.kept));
    code = exit_failed;
  }
  if (!removed) fmt::print("nothing to remove\n");
  return code;
}

}  // namespace

void add_clean(CLI::App& app, Run& run) {
  const auto options = std::make_shared<CleanOptions>();
  CLI::App* command = app.add_subcommand("clean", "Remove what dead clusters have left");
  command
      ->add_flag(
          "--cache", options->cache,
          "Also the programs, and builds of muster, that came from other hosts and that no node "
          "uses now")
      ->configurable(false);
  command->add_flag("--dry-run", options->dry_run, "Only say what would be removed")
      ->configurable(false);
  command->footer(
      "That is, of this user on this host: directories of sockets in the temporary directory, and\n"
      "the directories of clusters that don't run, with their logs. Living clusters hold locks, "
      "and\n"
      "nothing of theirs is touched.");
  command->callback([options, &run] { run = [options] { return clean(*options); }; });
}

}  // namespace muster::launcher
