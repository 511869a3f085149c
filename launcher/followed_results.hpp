#pragma once
// Results that a command waits for, while its user may send it a signal.

#include <chrono>

#include <fmt/core.h>
#include <unistd.h>

#include <muster/joined_results.hpp>
#include <muster/stream_output.hpp>

#include "launcher/exit_code.hpp"
#include "launcher/signal_watch.hpp"

namespace muster::launcher {

/// Until all have ended. A signal cancels them, a second one doesn't wait for that and ends this
/// process. With `stream` what they write is shown meanwhile. Returns the signal, or 0. `command`
/// speaks to the user when what was asked to stop goes on.
template <class T>
int follow(const JoinedResults<T>& results, const SignalDescriptor& signals, bool stream,
           const char* command) {
  constexpr std::chrono::milliseconds look_interval{50};
  detail::EngineLines lines(nullptr);
  detail::OutputsRead read;
  int caught = 0;
  int looks_left = 20;  // after the signal, before the user wonders
  for (bool ended = false; !ended;) {
    ended = results.wait_for(look_interval);
    if (stream) lines.add(results.output_since(read));
    const auto signal = signals.take();
    if (caught != 0 && !ended && --looks_left == 0) {
      fmt::print(stderr,
                 "muster {}: asked to stop; the processes of those that don't are ended 5 s after "
                 "that (once more: don't wait)\n",
                 command);
    }
    if (!signal || ended) continue;
    if (caught != 0) ::_exit(exit_signal + signal->number);
    caught = signal->number;
    results.cancel();
  }
  if (stream) lines.finish();
  return caught;
}

}  // namespace muster::launcher
