#pragma once
// A short command of the system that a loop doesn't wait for.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "launcher/child_watch.hpp"
#include "launcher/command_output.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// Calls back once on the loop's thread, when it has ended or was killed at the bound; the callback
/// may destroy this object. Destroying it earlier kills the command.
class RunningCommand {
 public:
  /// `input` is its stdin. One that can't be started ends like one that says why.
  RunningCommand(asio::io_context& io, const std::vector<std::string>& words,
                 const std::string& input, std::chrono::seconds bound,
                 std::function<void(const CommandOutput&)> on_end);
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand();

 private:
  void end(const std::optional<ProcessExit>& exit, const std::string& trouble);

  std::function<void(const CommandOutput&)> on_end_;
  wire::Descriptor in_;
  wire::Descriptor out_;
  wire::Descriptor err_;
  asio::steady_timer timer_;
  std::optional<ChildWatch> child_;
  std::shared_ptr<char> token_ =
      std::make_shared<char>();  // a queued handler must not find us dead
};

}  // namespace muster::launcher
