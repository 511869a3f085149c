#include "engine/stack_signal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <ucontext.h>
#include <unwind.h>

namespace muster::engine {
namespace {

PageStack* stack = nullptr;

struct Walk {
  std::uint32_t first = 0;  ///< the frame that begins with what the signal has interrupted
  std::uint32_t frames = 0;
};

/// Async-signal-safe, like the unwinder itself: glibc finds unwind tables without a lock.
_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* walk) {
  auto& [first, frames] = *static_cast<Walk*>(walk);
  int interrupted = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &interrupted);
  if (interrupted != 0) frames = first;  // what came before was this handler
  if (address == 0) return _URC_END_OF_STACK;
  stack->frame[frames++].store(address, std::memory_order_relaxed);
  return frames < PageStack::frames_max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

#ifdef __x86_64__
/// What the signal has interrupted has no unwind table: with some linkers that are the stubs by
/// which a program calls its libraries, and each call is in one for a moment. Where it was called
/// from is on top of its stack.
std::uint32_t walk_past_stub(ucontext_t& interrupted) {
  greg_t& place = interrupted.uc_mcontext.gregs[REG_RIP];
  greg_t& top = interrupted.uc_mcontext.gregs[REG_RSP];
  const greg_t stub = place;
  place = *reinterpret_cast<const greg_t*>(top);
  top += sizeof(greg_t);
  Walk walk{1, 1};
  _Unwind_Backtrace(note_frame, &walk);
  top -= sizeof(greg_t);
  place = stub;
  return walk.frames > 2 ? walk.frames : 1;  // else it was no such place
}
#endif

/// The ticket is what the node sent with the signal.
void answer(int, siginfo_t* info, [[maybe_unused]] void* interrupted) {
  if (info->si_code != SI_QUEUE) return;
  const int error = errno;
  // One that was late must not write between the lines of another.
  if (stack->busy.exchange(1, std::memory_order_acquire) == 0) {
    Walk walk;
    _Unwind_Backtrace(note_frame, &walk);
#ifdef __x86_64__
    if (walk.frames == 1) walk.frames = walk_past_stub(*static_cast<ucontext_t*>(interrupted));
#endif
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
