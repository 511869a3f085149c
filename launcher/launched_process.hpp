#pragma once
// One of the processes that a launcher keeps on its own host: the controller, or a node.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "launcher/child_watch.hpp"
#include "launcher/log_file.hpp"
#include "launcher/tether.hpp"

namespace muster::launcher {

struct LaunchedProcess {
  explicit LaunchedProcess(std::string name) : role(std::move(name)) {}

  std::string role;
  std::optional<LogFile> log;
  std::optional<ChildWatch> watch;
  std::optional<Tether> tether;
  std::string failure;  ///< what it said before it ended

  bool alive() const { return watch.has_value(); }

  /// What it wrote about its own end.
  std::string last_lines() const {
    const std::string text = log->tail();
    std::size_t start = text.size();
    for (int i = 0; i < 3 && start != std::string::npos && start > 0; ++i)
      start = text.rfind('\n', start - 1);
    return start == std::string::npos ? text : text.substr(std::min(start + 1, text.size()));
  }
};

}  // namespace muster::launcher
