#pragma once
// muster px.

#include "launcher/commands.hpp"

namespace muster::launcher {

void add_px(CLI::App& app, Run& run);

}  // namespace muster::launcher
