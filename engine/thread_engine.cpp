#include "engine/thread_engine.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <muster/context.hpp>
#include <muster/detail/distant_call.hpp>
#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "protocol/clock.hpp"
#include "protocol/limits.hpp"
#include "protocol/loaded_objects.hpp"
#include "protocol/own_engine.hpp"
#include "protocol/socket.hpp"

namespace muster::engine {
namespace {

/// While a task runs its engine looks this often at what it has published, and at what is over.
constexpr std::chrono::milliseconds thread_look_interval{100};
/// Until the connection is there, what it doesn't take is tried this often.
constexpr std::chrono::milliseconds thread_resend_interval{5};

Session::Config session_of(const StartRecord& record) {
  Session::Config config;
  config.cluster = record.cluster;
  config.process = record.process;
  config.image = record.image;
  config.engine = record.engine;
  config.incarnation = record.incarnation;
  config.pid = ::getpid();
  config.host = record.host;
  config.objects = wire::loaded_objects();
  return config;
}

void wait_for(int descriptor, wire::Bell& bell, int timeout) {
  std::array<pollfd, 2> fds{pollfd{descriptor, POLLIN, 0}, pollfd{bell.descriptor(), POLLIN, 0}};
  while (::poll(fds.data(), fds.size(), timeout) < 0 && errno == EINTR) {
  }
  if (fds[1].revents != 0) bell.silence();
}

}  // namespace

class ThreadEngine::TaskContext final : public muster::Context {
 public:
  TaskContext(ThreadEngine& engine, int attempt, std::stop_token stop)
      : engine_(engine), attempt_(attempt), stop_(std::move(stop)) {}
  int engine() const override { return static_cast<int>(engine_.record_.engine); }
  CurrentProcess process() const override { return engine_.current_process(); }
  int attempt() const override { return attempt_; }
  std::stop_token stop() const override { return stop_; }
  detail::EngineValues& values() const override { return engine_.values_; }
  detail::Publication& publication() const override { return engine_.session_.publication(); }

 private:
  ThreadEngine& engine_;
  int attempt_;
  std::stop_token stop_;
};

ThreadEngine::ThreadEngine(zmq::context_t& context, const StartRecord& record,
                           const detail::TaskTable& tasks, std::function<void()> on_end)
    : record_(record),
      tasks_(tasks),
      on_end_(std::move(on_end)),
      task_socket_(wire::make_dealer(context, record.task_endpoint, record.keys)),
      control_socket_(wire::make_dealer(context, record.control_endpoint, record.keys)),
      task_descriptor_(wire::descriptor(task_socket_)),
      session_(session_of(record), wire::now()),
      values_("on engine " + std::to_string(record.engine), &session_.values()) {
  executing_ = std::thread([this] { execute_until_end(); });
  listening_ = std::thread([this] { listen_until_end(); });
}

ThreadEngine::~ThreadEngine() {
  end();
  executing_.join();
  listening_.join();
}

void ThreadEngine::end() {
  if (ending_.exchange(true, std::memory_order_acq_rel)) return;
  std::stop_source stop;
  {
    const std::scoped_lock lock(mutex_);
    stop = stop_;
  }
  stop.request_stop();
  tasks_arrived_.ring();
  control_due_.ring();
}

// --- the executing thread ---

void ThreadEngine::execute_until_end() {
  const std::string name = "engine-" + std::to_string(record_.engine);
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  std::optional<Job> job;
  wire::OutcomeKind kind{};
  detail::Buffer body;
  for (;;) {
    bool dry = false;
    std::stop_token stop;
    {
      const std::scoped_lock lock(mutex_);
      const Instant time = wire::now();
      if (job) finish(kind, body, time);
      dry = !look_at_task_socket(time);
      const bool last = ending_.load(std::memory_order_acquire);
      if (last || session_.flush_due(time)) flush(time);
      if (!control_frames_.empty()) control_due_.ring();
      if (last) break;
      job = session_.start_next(time);
      idle_ = !job;
      if (job) {
        stop_ = std::stop_source();
        stop = stop_.get_token();
        author_ = Author{job->session, job->counter, 1, job->attempt, job->starts};
        if (!std::exchange(soon_, true)) control_due_.ring();  // this may take long
      }
    }
    if (job) {
      kind = execute(*job, std::move(stop), body);
    } else if (dry) {
      wait_for(task_descriptor_, tasks_arrived_, -1);
    }
  }
  ended_.store(true, std::memory_order_release);
  control_due_.ring();
  on_end_();
}

/// Requires the mutex.
void ThreadEngine::finish(wire::OutcomeKind kind, detail::Buffer& body, Instant time) {
  say_published();
  author_.reset();
  if (body.size() > wire::inline_body_max) {
    session_.finish_large(kind, std::exchange(body, {}), time);
  } else {
    session_.finish(kind, body.bytes(), time);
  }
}

wire::OutcomeKind ThreadEngine::execute(const Job& job, std::stop_token stop,
                                        detail::Buffer& body) {
  const detail::ExecutesAsThread executes;
  TaskContext context(*this, job.starts, std::move(stop));
  const Code& code = code_of(job.code);
  values_.begin_task(job.shared);
  std::optional<wire::OutcomeKind> unprepared;
  if (job.initializer != nullptr) unprepared = prepare(job, context, body);
  const wire::OutcomeKind kind =
      unprepared ? *unprepared : call(code, job.arguments, job.fault, context, tasks_, body);
  values_.end_task();
  return kind;
}

/// As an engine's process does before its first task.
std::optional<wire::OutcomeKind> ThreadEngine::prepare(const Job& job, muster::Context& context,
                                                       detail::Buffer& body) {
  body.clear();
  const auto failed = failed_.find(job.initializer);
  if (failed != failed_.end()) {
    body.append(failed->second.bytes());
    return wire::OutcomeKind::exception;
  }
  const Instant begin = wire::now();
  try {
    const auto& call = values_.bound<detail::DistantCall>(job.initializer->name);
    const detail::Entry* const entry = tasks_.find(call.entry);
    if (entry == nullptr) throw UnknownTask("this program has no function named " + call.entry);
    detail::Buffer nothing;
    entry->thunk(call.bytes(), context, nothing);
    const Instant time = wire::now();
    const std::scoped_lock lock(mutex_);
    init_ += time - begin;
    if (session_.begin_prepared(time)) return std::nullopt;
    return wire::OutcomeKind::timed_out;
  } catch (const UnmetDependency&) {
    detail::encode_current_exception(body);
    return wire::OutcomeKind::unmet;
  } catch (...) {
    init_ += wire::now() - begin;
    try {
      std::throw_with_nested(std::runtime_error(
          "the initializer of this engine has thrown, so that no task can run in it"));
    } catch (...) {
      detail::encode_current_exception(body);
    }
    failed_[job.initializer] = detail::Buffer::copy_of(body.bytes());
    return wire::OutcomeKind::exception;
  }
}

const Code& ThreadEngine::code_of(std::uint32_t index) {
  const std::scoped_lock lock(mutex_);
  while (codes_.size() <= index) {
    const std::string& name = session_.entry(static_cast<std::uint32_t>(codes_.size()));
    codes_.push_back({tasks_.find(name), name});
  }
  return codes_[index];
}

CurrentProcess ThreadEngine::current_process() {
  const Instant started{std::chrono::nanoseconds(record_.started_ns)};
  CurrentProcess process{"engine-" + std::to_string(record_.engine),
                         static_cast<int>(record_.engine), static_cast<int>(record_.incarnation),
                         ::getpid()};
  process.init = init_;
  process.age = wire::now() - started;
  const std::scoped_lock lock(mutex_);
  process.start_up = session_.first_opened() - started;
  return process;
}

// --- the listening thread ---

void ThreadEngine::listen_until_end() {
  while (!ended_.load(std::memory_order_acquire)) {
    Instant deadline;
    bool stop_wished = false;
    bool over = false;
    std::stop_source stop;
    {
      const std::scoped_lock lock(mutex_);
      while (const auto frame = wire::receive(control_socket_))
        session_.receive_control(wire::bytes_of(*frame), wire::now());
      const Instant time = wire::now();
      if (time >= session_.deadline()) session_.tick(time);
      session_.report_running(time);
      soon_ = !idle_;
      if (soon_) {
        if (session_.may_say_more()) say_published();
        look_at_task_socket(time);
      }
      flush(time);
      stop_wished = session_.take_stop_wish();
      stop = stop_;
      deadline = send_control() ? look_again(time) : time + thread_resend_interval;
      over = session_.over();
    }
    if (over) end();
    if (stop_wished) stop.request_stop();  // runs the user's callbacks: not under our lock
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - wire::now()).count();
    wait_for(wire::descriptor(control_socket_), control_due_,
             static_cast<int>(std::clamp<std::int64_t>(left, over ? 5 : 0, 60'000)));
  }
}

/// False when something is left that a connection doesn't take.
bool ThreadEngine::send_control() {
  bool sent = false;
  while (!control_frames_.empty() &&
         wire::send(control_socket_, control_frames_.front()) == wire::Sent::yes) {
    control_frames_.pop_front();
    sent = true;
  }
  // A send may swallow the signal of what has arrived.
  while (sent) {
    const auto frame = wire::receive(control_socket_);
    if (!frame) break;
    session_.receive_control(wire::bytes_of(*frame), wire::now());
    control_due_.ring();  // it may want an answer
  }
  return control_frames_.empty() && task_frames_.empty();
}

/// When there may be something to do although nothing arrives.
Instant ThreadEngine::look_again(Instant time) const {
  // What is past its limit can't be ended here: it is waited for.
  if (session_.overdue(time)) return time + thread_look_interval;
  if (!soon_) return session_.deadline();
  if (session_.streaming()) return time + thread_resend_interval;
  const auto soon = session_.runs_long() ? thread_look_interval : wire::running_after;
  return std::min<Instant>(session_.deadline(), time + soon);
}

// --- either thread, under the mutex ---

bool ThreadEngine::look_at_task_socket(Instant time) {
  const bool was_open = session_.peer_link().open();
  bool any = false;
  while (const auto frame = wire::receive(task_socket_)) {
    session_.receive_task(wire::bytes_of(*frame), wire::view_of_chunk(*frame), time);
    any = true;
  }
  if (was_open && !session_.peer_link().open()) control_due_.ring();  // to say HELLO again
  return any;
}

/// A send may swallow the signal of what has arrived, so it is looked at again, and what that has
/// brought may want an answer.
void ThreadEngine::flush(Instant time) {
  do {
    session_.take([this](detail::Buffer&& frame) { control_frames_.push_back(std::move(frame)); },
                  [this](wire::Frame&& frame) { task_frames_.push_back(std::move(frame)); }, time);
  } while (send_task_frames() && look_at_task_socket(time));
  if (idle_ && session_.queued() > 0) tasks_arrived_.ring();
}

/// True when it has sent something.
bool ThreadEngine::send_task_frames() {
  bool sent = false;
  while (!task_frames_.empty() &&
         wire::send(task_socket_, task_frames_.front()) == wire::Sent::yes) {
    task_frames_.pop_front();
    sent = true;
  }
  return sent;
}

void ThreadEngine::say_published() {
  if (author_ && session_.publication().changed()) session_.say_published(*author_);
}

}  // namespace muster::engine
