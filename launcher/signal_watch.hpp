#pragma once
// Signals as events of a loop, with who has sent them: what a terminal sends goes to all processes
// that it has in the foreground, and must not be passed on to them once more.

#include <functional>
#include <initializer_list>
#include <optional>

#include <asio/io_context.hpp>

#include "launcher/descriptor_watch.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

struct CaughtSignal {
  int number = 0;
  bool by_terminal = false;  ///< the whole foreground has it
};

/// Blocks the signals in this thread and takes them from then on. Those that are ignored stay so.
/// Throws std::system_error.
class SignalDescriptor {
 public:
  explicit SignalDescriptor(std::initializer_list<int> signals);
  int get() const { return descriptor_.get(); }
  /// The next one that has come; nullopt when there is none.
  std::optional<CaughtSignal> take() const;

 private:
  wire::Descriptor descriptor_;
};

class SignalWatch {
 public:
  /// Calls back on the loop's thread. `signals` must outlive it.
  SignalWatch(asio::io_context& io, const SignalDescriptor& signals,
              std::function<void(CaughtSignal)> on_signal);

 private:
  DescriptorWatch watch_;
};

}  // namespace muster::launcher
