// The thread that a connection has of its own, and what it shares with the threads that drive.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client/connection.hpp"
#include "client/item_batch.hpp"
#include "protocol/clock.hpp"
#include "protocol/limits.hpp"
#include "protocol/pidfd.hpp"

namespace muster::detail {
namespace {

using wire::now;

using client::Instant;
using namespace std::chrono_literals;

/// Frames applied under one lock, so that other threads get their turn.
constexpr int frames_per_turn = 64;
/// How long the last words may take to leave the process.
constexpr auto farewell_time = 100ms;
/// How often to look whether the cluster of a controller that has died is still there.
constexpr auto file_interval = 500ms;
/// How often to look whether the program still awaits results of a connection without handles.
constexpr auto lingering_interval = 100ms;

}  // namespace

// --- under the mutex, by the thread that holds it ---

/// Sends what waits and takes what has arrived, until there is nothing of either. Ends early when
/// `self`, which drives, has what it waits for; what is left is then for the next one.
void Connection::exchange(Instant time, const client::Waiter* self) {
  if (left_) return;
  unsent_ = 0;
  std::size_t chunk_bytes = 0;
  for (int turn = 0; turn < frames_per_turn; ++turn) {
    session_.take([this](Buffer&& frame) { control_.push(std::move(frame)); },
                  [this](wire::Frame&& frame) { task_.push(std::move(frame)); });
    const bool control_touched = control_.flush(time);
    const bool touched = task_.flush(time) || control_touched;
    if (turn > 0 && (!touched || chunk_bytes >= wire::stream_window_bytes)) break;
    chunk_bytes += receive(self);
    if (session_.over() && lost_.empty()) {
      const char* what = session_.link().links_opened() > 0 ? "the cluster has ended: "
                                                            : "the controller refuses: ";
      lose(what + session_.link().farewell(), time);
    }
  }
  engines_.store(session_.engines(), std::memory_order_relaxed);
  call_waiters(self);
}

/// Returns how much of bodies came with it: that takes longer than records do.
std::size_t Connection::receive(const client::Waiter* self) {
  std::size_t chunk_bytes = 0;
  while (const auto frame = control_.receive())
    session_.receive_control(wire::bytes_of(*frame), now());
  for (int taken = 0; taken < frames_per_turn; ++taken) {
    const auto frame = task_.receive();
    if (!frame) break;
    // An outcome came after its task had ended, which may be after this turn began.
    session_.receive_task(wire::bytes_of(*frame), wire::view_of_chunk(*frame), now());
    chunk_bytes += frame->chunk.size();
    if (self != nullptr && self->done()) break;
  }
  return chunk_bytes;
}

/// Those whose waits are over, and only them.
void Connection::call_waiters(const client::Waiter* self) {
  if (session_.news() == news_seen_) return;
  news_seen_ = session_.news();
  call_those_done(self);
}

void Connection::call_those_done(const client::Waiter* self) {
  for (client::Waiter* waiter : waiters_) {
    if (waiter == self || !waiter->done()) continue;
    if (waiter != driver_) {
      waiter->called.notify_one();
    } else if (std::exchange(driver_asleep_, false)) {
      driver_bell_.ring();
    }
  }
}

void Connection::lose(const std::string& reason, Instant time) {
  if (lost_.empty()) lost_ = reason;
  session_.lose_all(lost_, time);
}

/// Needs no word to the thread that sleeps on the descriptors: the kernel changes what wakes it.
void Connection::watch_tasks(bool watched) {
  if (tasks_watched_ == watched || left_) return;
  tasks_watched_ = watched;
  epoll_event event{.events = EPOLLIN, .data = {.fd = task_.descriptor()}};
  ::epoll_ctl(watched_.get(), watched ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, task_.descriptor(), &event);
}

/// Its end is seen at once, not only when it doesn't answer.
void Connection::watch_controller(std::int64_t pid) {
  controller_ = wire::open_pidfd(static_cast<pid_t>(pid));
  controller_died_ = !controller_ && errno == ESRCH;
  if (!controller_) return;
  epoll_event event{.events = EPOLLIN, .data = {.fd = controller_.get()}};
  ::epoll_ctl(watched_.get(), EPOLL_CTL_ADD, controller_.get(), &event);
}

// --- the connection's own thread ---

void Connection::serve() {
  ::pthread_setname_np(::pthread_self(), "muster-client");
  Lock lock(mutex_);
  while (leave_reason_.empty()) {
    const Instant time = now();
    if (time >= session_.deadline()) session_.tick(time);
    // Nobody may have looked since the last outcome was taken.
    if (!tasks_watched_) task_.stir();
    exchange(time, nullptr);
    speak_of_waits(time);
    look_at_controller();
    look_for_cluster(time);
    look_at_batches(time, lock);
    look_at_leases(time);
    look_at_awaited(time);
    if (!leave_reason_.empty()) break;
    if (task_.dry() && control_.dry()) {
      sleep_as_thread(lock);
    } else {
      lock.unlock();
      lock.lock();
    }
  }
  say_farewell(lock);
}

void Connection::sleep_as_thread(Lock& lock) {
  Instant deadline = std::min({session_.deadline(), control_.retry(), batches_due_});
  if (driver_ == nullptr) deadline = std::min(deadline, task_.retry());
  if (controller_died_ && !file_.empty()) deadline = std::min(deadline, file_due_);
  const Instant time = now();
  if (lingers_) deadline = std::min<Instant>(deadline, time + lingering_interval);
  thread_naps_ = burst_.lasts(time);
  if (thread_naps_) deadline = std::min<Instant>(deadline, time + client::Burst::stretch);
  if (driver_ == nullptr) watch_tasks(!thread_naps_ && session_.open() > 0);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - time).count();
  std::array<epoll_event, 4> events;
  thread_asleep_ = true;
  lock.unlock();
  const int count = ::epoll_wait(watched_.get(), events.data(), events.size(),
                                 static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
  lock.lock();
  thread_asleep_ = thread_naps_ = false;
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == thread_bell_.descriptor()) {
      thread_bell_.silence();
    } else if (fd == control_.descriptor()) {
      control_.stir();
    } else if (fd == task_.descriptor()) {
      task_.stir();
    } else {
      // The controller's last frames are in the sockets already, or never will be.
      control_.stir();
      task_.stir();
      exchange(now(), nullptr);
      controller_.reset();
      controller_died_ = true;
      // It may be started again: greet whoever comes. Tasks wait for it (rule 29).
      if (lost_.empty()) session_.restart(now());
    }
  }
}

/// Each link may be with another controller than the one before.
void Connection::look_at_controller() {
  if (session_.link().links_opened() == links_seen_) return;
  links_seen_ = session_.link().links_opened();
  const wire::Welcome& welcome = session_.link().welcome();
  if (welcome.host == host_) watch_controller(welcome.pid);
}

/// Whoever would start a controller anew has removed the file, or another cluster has taken its
/// place: nobody is to be waited for.
void Connection::look_for_cluster(Instant time) {
  if (!controller_died_ || file_.empty() || !lost_.empty() || time < file_due_) return;
  file_due_ = time + file_interval;
  std::string ended = "the cluster has ended: its controller died, and wasn't started again";
  try {
    if (wire::read_connection_file(file_).uuid == cluster_) return;
  } catch (const wire::ConnectionFileError& error) {
    if (error.kind() != wire::ConnectionFileError::Kind::missing) return;
  }
  const std::filesystem::path log = file_.parent_path() / "logs/launcher.log";
  std::error_code none;
  if (std::filesystem::exists(log, none)) ended += "; see " + log.string();
  lose(ended, time);
  call_waiters(nullptr);
}

/// What maps have read and not submitted, because their input keeps their threads.
void Connection::look_at_batches(Instant time, Lock& lock) {
  if (time < batches_due_) return;
  std::vector<std::weak_ptr<ItemBatch>> batches = std::exchange(batches_, {});
  batches_due_ = Instant::max();
  Instant due = Instant::max();
  lock.unlock();
  std::erase_if(batches, [&](const std::weak_ptr<ItemBatch>& held) {
    const std::shared_ptr<ItemBatch> batch = held.lock();
    const Instant again = batch ? batch->look(time) : Instant::max();
    due = std::min(due, again);
    return again == Instant::max();
  });
  lock.lock();
  batches_.insert(batches_.end(), batches.begin(), batches.end());
  batches_due_ = std::min(batches_due_, due);
}

void Connection::say_farewell(Lock& lock) {
  const Instant time = now();
  session_.leave();
  lose(leave_reason_, time);
  exchange(time, nullptr);
  left_ = true;
  seat_left_.wait(lock, [this] { return driver_ == nullptr; });
  control_.close(farewell_time);
  task_.close(0ms);
}

/// Every wait has a reason that a user can see, and a bound where it depends on the controller.
void Connection::speak_of_waits(Instant time) {
  say(notices_.look(session_, time));
  if (!notices_.gives_up(time) || !lost_.empty()) return;
  lose(
      "the controller has not answered for a minute; see its log, or start again with: "
      "muster stop, muster start",
      time);
  call_waiters(nullptr);
}

}  // namespace muster::detail
