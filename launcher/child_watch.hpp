#pragma once
// Watches one child from a loop and reaps it when it ends.

#include <functional>

#include <asio/io_context.hpp>

#include "launcher/descriptor_watch.hpp"
#include "launcher/process.hpp"

namespace muster::launcher {

/// Owns the process. Calls `on_end` once on the loop's thread, after the process has been reaped
/// and the rest of its group killed; the callback may destroy this object. Destroying it earlier
/// kills the process (see Process).
class ChildWatch {
 public:
  ChildWatch(asio::io_context& io, Process process, std::function<void(const ProcessExit&)> on_end);
  ChildWatch(const ChildWatch&) = delete;
  ChildWatch& operator=(const ChildWatch&) = delete;

  const Process& process() const { return process_; }
  Process& process() { return process_; }

 private:
  void check();

  Process process_;
  std::function<void(const ProcessExit&)> on_end_;
  DescriptorWatch watch_;
};

}  // namespace muster::launcher
