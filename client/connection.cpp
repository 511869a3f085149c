#include "client/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <muster/error.hpp>

#include "client/fork_generation.hpp"

namespace muster::detail {
namespace {

using client::Instant;
using namespace std::chrono_literals;

/// How long the last handle waits for open tasks before it leaves without them.
constexpr auto leave_wait = 5s;
/// Tasks that wait this long, with nothing of this client running or ending, are spoken of once.
constexpr auto say_after = 5s;
/// Frames applied under one lock, so that submitting threads get their turn.
constexpr int frames_per_turn = 64;

Instant now() {
  return std::chrono::steady_clock::now();
}

/// What a submission takes of its message: options are padded.
std::size_t body_bytes(const Buffer& arguments, const Buffer& options) {
  return arguments.size() + ((options.size() + 7) & ~std::size_t{7});
}

client::Session::Config session_config(const wire::ConnectionFile& cluster,
                                       const wire::Digest& image, std::string program) {
  client::Session::Config config;
  config.cluster = cluster.uuid;
  config.session = wire::Uuid::random();
  config.image = image;
  config.pid = ::getpid();
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  config.host = host.data();
  config.program = std::move(program);
  return config;
}

}  // namespace

Connection::Connection(const wire::ConnectionFile& cluster, const wire::Digest& image,
                       std::string program)
    : generation_(client::fork_generation()),
      task_socket_(wire::make_dealer(context_, cluster.client_endpoint)),
      control_socket_(wire::make_dealer(context_, cluster.control_endpoint)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      controller_(static_cast<int>(::syscall(SYS_pidfd_open, cluster.controller_pid, 0))),
      session_(session_config(cluster, image, std::move(program)), now()),
      progress_(now()) {
  if (controller_.get() < 0) {
    throw ConnectionLost("the controller of cluster " + cluster.cluster_id + " (process " +
                         std::to_string(cluster.controller_pid) +
                         ") has ended; start it again with: muster start");
  }
  thread_ = std::thread([this] { serve(); });
}

Connection::~Connection() {
  if (client::fork_generation() != generation_) {
    // A child after fork has no such thread, and its copies of the sockets must not say anything.
    thread_.detach();
    new zmq::context_t(std::move(context_));
    new zmq::socket_t(std::move(task_socket_));
    new zmq::socket_t(std::move(control_socket_));
    return;
  }
  wait_for_news(now() + leave_wait, [this] { return session_.open() == 0 || !lost_.empty(); });
  {
    const std::scoped_lock lock(mutex_);
    if (session_.open() > 0) {
      std::fprintf(stderr,
                   "muster: %zu tasks had not ended 5 s after the program was done with them; they "
                   "are given up (get() waits for a task)\n",
                   session_.open());
    }
  }
  abandon("this program has closed its client");
  thread_.join();
}

void Connection::abandon(const std::string& reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (leave_reason_.empty()) leave_reason_ = reason;
  }
  wake();
}

void Connection::refuse_after_fork() const {
  if (client::fork_generation() != generation_) {
    throw ClusterError("a Client doesn't work in the child after a fork: make one in the child");
  }
}

void Connection::throw_if_lost() const {
  if (!lost_.empty()) throw ConnectionLost(lost_);
}

/// Sleeps until `done` holds, looked at under the session's mutex after each news.
template <class Done>
bool Connection::wait_for_news(std::chrono::steady_clock::time_point end, Done done) {
  const auto holds = [&] {
    const std::scoped_lock lock(mutex_);
    return done();
  };
  doorbell_->waiters.fetch_add(1);
  std::unique_lock lock(doorbell_->mutex);
  const bool held = end == Instant::max() ? (doorbell_->settled.wait(lock, holds), true)
                                          : doorbell_->settled.wait_until(lock, end, holds);
  doorbell_->waiters.fetch_sub(1);
  return held;
}

void Connection::wait_until_open(std::chrono::steady_clock::time_point end) {
  const bool answered =
      wait_for_news(end, [this] { return session_.link().links_opened() > 0 || !lost_.empty(); });
  const std::scoped_lock lock(mutex_);
  throw_if_lost();
  if (!answered) {
    throw ConnectionLost(
        "the controller doesn't answer; see its log, or start again with: "
        "muster stop, muster start");
  }
}

PendingPtr Connection::submit(const Entry& entry, Buffer arguments, Buffer options) {
  PendingPtr pending = make_pending(body_bytes(arguments, options));
  std::unique_lock lock(mutex_);
  while (lost_.empty() && !session_.has_credit()) {
    lock.unlock();
    wait_for_news(Instant::max(), [this] { return session_.has_credit() || !lost_.empty(); });
    lock.lock();
  }
  throw_if_lost();
  begin(entry, std::move(arguments), std::move(options), pending, std::move(lock));
  return pending;
}

PendingPtr Connection::try_submit(const Entry& entry, Buffer& arguments, Buffer options,
                                  std::shared_ptr<Completions> completions, std::size_t index) {
  PendingPtr pending = make_pending(body_bytes(arguments, options));
  pending->completions = std::move(completions);
  pending->index = index;
  std::unique_lock lock(mutex_);
  throw_if_lost();
  if (!session_.has_credit()) return nullptr;
  begin(entry, std::move(arguments), std::move(options), pending, std::move(lock));
  return pending;
}

bool Connection::wait_for_completion(const Completions& completions, bool for_room,
                                     std::chrono::steady_clock::time_point end) {
  refuse_after_fork();
  return wait_for_news(end, [&] {
    return !completions.empty() || (for_room && (session_.has_credit() || !lost_.empty()));
  });
}

PendingPtr Connection::make_pending(std::size_t body_bytes) {
  refuse_after_fork();
  if (body_bytes > client::Session::body_bytes_max()) {
    throw TooLarge("message", body_bytes, client::Session::body_bytes_max());
  }
  auto pending = std::make_shared<Pending>();
  pending->doorbell = doorbell_;
  pending->connection = weak_from_this();
  return pending;
}

/// Under mutex_, which it releases. Requires credit.
void Connection::begin(const Entry& entry, Buffer arguments, Buffer options,
                       const PendingPtr& pending, std::unique_lock<std::mutex> lock) {
  session_.submit(entry.index, entry.name, std::move(options), std::move(arguments), pending,
                  now());
  const bool ring = !std::exchange(wake_rung_, true);
  lock.unlock();
  if (ring) wake();
}

void Connection::say_cancel(const PendingPtr& task) {
  refuse_after_fork();
  bool ring = false;
  {
    const std::scoped_lock lock(mutex_);
    session_.cancel(task->counter);
    ring = !std::exchange(wake_rung_, true);
  }
  if (ring) wake();
}

void Connection::wish_cancel(const PendingPtr& task) {
  say_cancel(task);
  wait_for_news(Instant::max(), [&] {
    return task->is_settled() || task->cancel_answer.load(std::memory_order_acquire) >= 0;
  });
}

void Connection::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

// --- the I/O thread ---

void Connection::serve() {
  while (!left_)
    serve_once();
}

void Connection::serve_once() {
  const bool arrived = exchange();
  const bool sent = flush_frames();
  ring_doorbell();
  // Sending may have swallowed the signal of a frame that arrived meanwhile: look again first.
  if (!arrived && !sent && !left_) wait_for_events();
}

void Connection::wait_for_events() {
  Instant deadline;
  {
    const std::scoped_lock lock(mutex_);
    deadline = session_.deadline();
    if (wake_rung_) return;
  }
  const bool blocked = !task_frames_.empty() || !control_frames_.empty();
  if (blocked) deadline = std::min(deadline, now() + 5ms);
  std::array<pollfd, 4> fds{pollfd{wire::descriptor(task_socket_), POLLIN, 0},
                            pollfd{wire::descriptor(control_socket_), POLLIN, 0},
                            pollfd{wake_.get(), POLLIN, 0}, pollfd{controller_.get(), POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
  ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
  if (fds[2].revents != 0) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
  }
  if (fds[3].revents != 0) controller_has_ended();
}

/// Takes what arrived and what was submitted. True when frames arrived.
bool Connection::exchange() {
  std::vector<zmq::message_t> tasks;
  std::vector<zmq::message_t> controls;
  for (int i = 0; i < frames_per_turn; ++i) {
    auto frame = wire::receive(task_socket_);
    if (!frame) break;
    tasks.push_back(std::move(*frame));
  }
  while (auto frame = wire::receive(control_socket_))
    controls.push_back(std::move(*frame));
  const Instant time = now();
  const std::scoped_lock lock(mutex_);
  wake_rung_ = false;
  for (const zmq::message_t& frame : controls)
    session_.receive_control(wire::bytes_of(frame), time);
  for (const zmq::message_t& frame : tasks)
    session_.receive_task(wire::bytes_of(frame), time);
  if (time >= session_.deadline()) session_.tick(time);
  if (session_.over() && lost_.empty()) {
    lost_ = "the cluster has ended: " + session_.link().farewell();
    session_.lose_all(lost_, time);
  }
  if (!leave_reason_.empty() && !left_) {
    session_.leave();
    if (lost_.empty()) lost_ = leave_reason_;
    session_.lose_all(lost_, time);
    left_ = true;
  }
  say_once_why_tasks_wait(time);
  take_frames();
  return !tasks.empty() || !controls.empty();
}

void Connection::take_frames() {
  session_.take([this](Buffer&& frame) { control_frames_.push_back(std::move(frame)); },
                [this](Buffer&& frame) { task_frames_.push_back(std::move(frame)); });
}

bool Connection::flush_frames() {
  bool sent = false;
  const auto flush = [&](zmq::socket_t& socket, std::deque<Buffer>& frames) {
    while (!frames.empty() && wire::send(socket, frames.front()) == wire::Sent::yes) {
      frames.pop_front();
      sent = true;
    }
  };
  flush(control_socket_, control_frames_);
  flush(task_socket_, task_frames_);
  if (left_) {
    // The farewell is the last thing; give it the time to leave the process.
    control_socket_.set(zmq::sockopt::linger, 100);
    control_socket_.close();
    task_socket_.close();
  }
  return sent;
}

/// Its last frames are in the socket already, or never will be.
void Connection::controller_has_ended() {
  while (exchange()) {
  }
  {
    const std::scoped_lock lock(mutex_);
    if (lost_.empty()) {
      lost_ = "the cluster's controller has ended; start the cluster again with: muster start";
      session_.lose_all(lost_, now());
    }
  }
  controller_ = {};
  ring_doorbell();
}

/// The order of the two sides matters: a waiting thread counts itself first and looks then; here
/// the news are written first and waiters looked for then.
void Connection::ring_doorbell() {
  {
    const std::scoped_lock lock(mutex_);
    if (session_.news() == news_seen_ && lost_.empty()) return;
    news_seen_ = session_.news();
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (doorbell_->waiters.load() == 0) return;
  { const std::scoped_lock lock(doorbell_->mutex); }
  doorbell_->settled.notify_all();
}

/// Every wait has a reason that a user can see. Under mutex_.
void Connection::say_once_why_tasks_wait(Instant time) {
  const bool stuck = session_.open() > 0 && session_.waiting() == session_.open() &&
                     session_.open() >= open_seen_ && !session_.wait_reason().empty();
  open_seen_ = session_.open();
  if (!stuck) {
    progress_ = time;
    waiting_said_ = false;
    return;
  }
  if (waiting_said_ || time - progress_ < say_after) return;
  waiting_said_ = true;
  const std::string& reason = session_.wait_reason();
  const char* explained =
      reason == "no engines" ? "the cluster has no engines (start it with: muster start -n 4)"
      : reason == "image"    ? "this program is being brought to the engines (see: muster status)"
                             : "all engines are busy with other programs (see: muster status)";
  std::fprintf(stderr, "muster: %zu tasks have waited for 5 s: %s\n", session_.open(), explained);
}

}  // namespace muster::detail
