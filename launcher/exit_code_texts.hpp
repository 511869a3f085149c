#pragma once
// What the exit codes mean, for the manual.

#include <array>
#include <string_view>
#include <utility>

namespace muster::launcher {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> exit_code_texts{{
    {"0", "all is well"},
    {"1", "a task failed, or the cluster died"},
    {"2", "the command line or the configuration makes no sense"},
    {"3", "there is no such cluster"},
    {"10", "the cluster that start was to start is running already"},
    {"11", "there was nothing to stop"},
    {"124", "it took too long"},
    {"125", "run, exec: Muster failed, not the command (126 and 127 as env does)"},
    {"128+n", "signal n ended it; any other code of run and exec is the command's own"},
}};

}  // namespace muster::launcher
