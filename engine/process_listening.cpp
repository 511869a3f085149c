// The listening thread of an engine's process: orders, heartbeats, timers, and what a long task
// keeps waiting.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/handed_value.hpp"
#include "engine/process.hpp"
#include "protocol/clock.hpp"
#include "protocol/freed_memory.hpp"
#include "protocol/limits.hpp"
#include "protocol/own_memory.hpp"

namespace muster::engine {
namespace {

using wire::now;

/// Heartbeats of processes on one CPU that are due within so short a time may leave together: the
/// kernel then wakes it, and the controller, once for all of them.
constexpr std::chrono::milliseconds timer_slack{100};

}  // namespace

/// Its node ends a process that takes all that it may; this leaves a task time to end before.
bool Process::takes_too_much() const {
  const auto too_much = [this] {
    return wire::own_memory_of(::getpid()) >= record_.memory_limit / 10 * 8;
  };
  if (record_.memory_limit == 0 || !too_much()) return false;
  wire::give_freed_memory_back();  // it may be that of large bodies that were here
  return too_much();
}

/// Two looks, a second or so apart, have found nothing to do.
bool Process::has_rested() {
  const bool busy = !idle_ || session_.streaming();
  rests_ = busy ? 0 : std::min(rests_ + 1, 2);
  return rests_ == 2;
}

void Process::listen_for_ever() {
  ::prctl(PR_SET_TIMERSLACK, std::chrono::nanoseconds(timer_slack).count());  // this thread's only
  for (;;) {
    Instant deadline;
    bool stop_wished = false;
    bool tasks_too = false;
    bool dry = true;
    bool runs_long = false;
    bool has_rested = false;
    std::stop_source stop;
    {
      const std::scoped_lock lock(mutex_);
      while (const auto frame = control_.receive()) {
        session_.receive_control(wire::bytes_of(*frame), now());
      }
      const Instant time = now();
      if (time >= session_.deadline()) {
        session_.tick(time);
        if (takes_too_much()) session_.wear_out(time);
        has_rested = this->has_rested();
      }
      session_.report_running(time);
      watch_task(time);
      runs_long = session_.runs_long();
      // Whoever runs user code can't look; and what it would send waits no longer than this.
      if (!idle_) look_at_task_socket(time);
      flush(time);
      if (session_.executing()) arm_alarm();
      if (session_.over()) leave();
      if (session_.overdue(time)) end_over_limit(session_.run_limit().limit_overdue(time));
      stop_wished = session_.take_stop_wish();
      if (stop_wished) {
        stop_was_ordered_ = true;
        page_.must_end_ns.store(session_.run_limit().must_end_ns(), std::memory_order_relaxed);
      }
      stop = stop_;
      deadline = session_.deadline();
      // Streams go on while user code runs; the executing thread looks after them otherwise.
      tasks_too = !idle_ && session_.streaming();
      if (tasks_too) dry = task_socket_dry_ && !answer_due_;
    }
    if (runs_long) capture_.look_from_aside();
    if (has_rested) wire::give_freed_memory_back();
    if (stop_wished) stop.request_stop();  // runs the user's callbacks: not under our lock
    send_control();
    if (dry && control_.dry()) wait_for_orders(std::min(deadline, control_.retry()), tasks_too);
  }
}

void Process::wait_for_orders(Instant deadline, bool tasks_too) {
  std::array<pollfd, 5> fds{pollfd{control_.descriptor(), POLLIN, 0},
                            pollfd{control_due_.descriptor(), POLLIN, 0},
                            pollfd{alarm_.descriptor(), POLLIN, 0}, pollfd{node_, POLLIN, 0},
                            pollfd{tasks_too ? task_descriptor_ : -1, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
  const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  ::poll(fds.data(), fds.size(), timeout);
  if (fds[0].revents != 0) control_.stir();
  if (fds[1].revents != 0) control_due_.silence();
  if (fds[2].revents != 0) {
    alarm_.silence();
    const std::scoped_lock lock(mutex_);
    alarm_armed_ = false;
  }
  if (fds[3].revents != 0) hear_node();
}

/// What the connection doesn't take yet is tried again soon.
void Process::send_control() {
  {
    const std::scoped_lock lock(mutex_);
    for (detail::Buffer& frame : control_frames_)
      control_.push(std::move(frame));
    control_frames_.clear();
  }
  control_.flush(now());
}

/// What it hands over, or its end.
void Process::hear_node() {
  for (;;) {
    std::optional<HandedValue> value = receive_value(node_);
    if (!value) return end_unless_node_lives();
    const std::scoped_lock lock(mutex_);
    session_.take_from_node(std::move(*value));
  }
}

/// There was nothing to read.
void Process::end_unless_node_lives() {
  if (errno == EAGAIN || errno == EINTR) return;
  // This process leads its group: what user code started goes with it.
  if (::getpgrp() == ::getpid()) ::kill(0, SIGKILL);
  ::_exit(1);
}

/// The executing thread won't come back. Under the mutex, so that the page names what is over its
/// limit also when it comes back in this very moment.
void Process::end_over_limit(bool run_limit) {
  page_.over_limit.store(run_limit ? 1 : 2, std::memory_order_release);
  const std::string_view text =
      run_limit
          ? "muster: the task that this process executes is past its run limit and didn't stop "
            "when it was asked to; the process ends\n"
          : "muster: the task that this process executes was cancelled and didn't stop in the time "
            "that it has for that; the process ends\n";
  // Not through stdio, whose lock user code may hold.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  leave();
}

void Process::leave() {
  // The node hears of the end from the kernel and ends what user code left in this group.
  ::_exit(0);
}

}  // namespace muster::engine
