// Any bytes as a configuration file: its values are taken, or it is refused in a sentence.

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "launcher/configuration.hpp"
#include "launcher/option.hpp"
#include "tests/fuzz/scratch_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  static const fuzz::ScratchFile file;
  file.write(data, size);
  CLI::App app("", "muster");
  std::string profile = "default";
  std::string scheme = "leastload";
  std::uint32_t engines = 0;
  bool background = false;
  app.add_option("--config")->configurable(false);
  CLI::App* start = app.add_subcommand("start", "");
  start->add_option("--profile", profile);
  launcher::restrict_to_numbers(*start->add_option("-n,--engines", engines), 0, 4096);
  launcher::restrict_to_words(*start->add_option("--scheme", scheme), {"leastload", "roundrobin"});
  start->add_flag("--daemonize", background);
  try {
    launcher::Configuration::read(app, {"--config", file.path()}).apply(*start);
  } catch (const launcher::ConfigurationError&) {
  }
  return 0;
}
