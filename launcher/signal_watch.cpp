#include "launcher/signal_watch.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace muster::launcher {

SignalDescriptor::SignalDescriptor(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals)
    ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = wire::Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

std::optional<CaughtSignal> SignalDescriptor::take() const {
  signalfd_siginfo info{};
  if (::read(descriptor_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return CaughtSignal{static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
}

SignalWatch::SignalWatch(asio::io_context& io, const SignalDescriptor& signals,
                         std::function<void(CaughtSignal)> on_signal)
    : watch_(io, signals.get(), [&signals, on_signal = std::move(on_signal)] {
        while (const auto signal = signals.take())
          on_signal(*signal);
      }) {}

}  // namespace muster::launcher
