#include "launcher/output_format.hpp"

#include <CLI/CLI.hpp>

#include "launcher/option.hpp"

namespace muster::launcher {

void add_format_options(CLI::App& command, std::string& format,
                        const std::vector<std::string>& words) {
  CLI::Option* option =
      command.add_option("--format", format, "How to print it")->capture_default_str();
  restrict_to_words(*option, words);
  command
      .add_flag_callback(
          "--json", [&format] { format = "json"; }, "The same as --format json")
      ->configurable(false)
      ->excludes(option);
}

}  // namespace muster::launcher
