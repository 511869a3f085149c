#include "engine/stack_signal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <unwind.h>

namespace muster::engine {
namespace {

PageStack* stack = nullptr;

struct Walk {
  std::uint32_t frames = 0;
};

/// Async-signal-safe, like the unwinder itself: glibc finds unwind tables without a lock.
_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* walk) {
  auto& frames = static_cast<Walk*>(walk)->frames;
  int interrupted = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &interrupted);
  if (interrupted != 0) frames = 0;  // what came before was this handler
  if (address == 0) return _URC_END_OF_STACK;
  stack->frame[frames++].store(address, std::memory_order_relaxed);
  return frames < PageStack::frames_max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/// The ticket is what the node sent with the signal.
void answer(int, siginfo_t* info, void*) {
  if (info->si_code != SI_QUEUE) return;
  const int error = errno;
  // One that was late must not write between the lines of another.
  if (stack->busy.exchange(1, std::memory_order_acquire) == 0) {
    Walk walk;
    _Unwind_Backtrace(note_frame, &walk);
    stack->frames.store(walk.frames, std::memory_order_relaxed);
    stack->ticket.store(static_cast<std::uint32_t>(info->si_value.sival_int),
                        std::memory_order_release);
    stack->busy.store(0, std::memory_order_release);
  }
  errno = error;
}

bool is_free(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
         action.sa_handler == SIG_DFL;
}

}  // namespace

void answer_stack_signal(Page& page) {
  stack = &page.stack;
  for (int signal = SIGRTMAX - 1; signal > SIGRTMIN; --signal) {
    if (!is_free(signal)) continue;
    struct sigaction action {};
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    if (::sigaction(signal, &action, nullptr) != 0) continue;
    page.stack.signal.store(signal, std::memory_order_release);
    return;
  }
}

}  // namespace muster::engine
