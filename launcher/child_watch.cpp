#include "launcher/child_watch.hpp"

#include <utility>

namespace muster::launcher {

ChildWatch::ChildWatch(asio::io_context& io, Process process,
                       std::function<void(const ProcessExit&)> on_end)
    : process_(std::move(process)),
      on_end_(std::move(on_end)),
      watch_(io, process_.pidfd(), [this] { check(); }) {}

void ChildWatch::check() {
  // A pidfd stays readable after the end, so the callback is taken away: it runs once.
  if (!on_end_) return;
  const auto exit = process_.reap();
  if (!exit) return;
  std::exchange(on_end_, nullptr)(*exit);
}

}  // namespace muster::launcher
