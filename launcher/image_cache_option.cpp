#include "launcher/image_cache_option.hpp"

#include <CLI/CLI.hpp>

#include "launcher/option.hpp"

namespace muster::launcher {
namespace {

constexpr int mib_max = 1 << 30;

}  // namespace

void add_image_cache_option(CLI::App& command, int& mib) {
  restrict_to_numbers(*command
                           .add_option("--image-cache", mib,
                                       "How much this host keeps of programs that come from others")
                           ->capture_default_str(),
                      0, mib_max, "MIB");
}

}  // namespace muster::launcher
