#include "launcher/resources_option.hpp"

#include <stdexcept>

#include <CLI/CLI.hpp>

#include "protocol/resources.hpp"

namespace muster::launcher {

void add_resources_option(CLI::App& command, std::string& list) {
  command
      .add_option("--resources", list,
                  "What each engine has for tasks that need it, as gpu=1,bigmem")
      ->type_name("LIST")
      ->check([](const std::string& text) -> std::string {
        try {
          wire::Resources::listed(text);
          return {};
        } catch (const std::invalid_argument& error) {
          return error.what();
        }
      });
}

}  // namespace muster::launcher
