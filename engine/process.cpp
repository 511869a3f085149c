#include "engine/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <muster/context.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "engine/stack_signal.hpp"
#include "protocol/clock.hpp"
#include "protocol/freed_memory.hpp"
#include "protocol/limits.hpp"
#include "protocol/loaded_objects.hpp"

namespace muster::engine {

using detail::RunStop;

namespace {

using wire::now;

/// Between short tasks the socket is looked at this often; each look costs a system call or two.
constexpr std::chrono::microseconds look_interval{250};
/// A look that found nothing counts for so long when there is nothing else to do.
constexpr std::chrono::microseconds fresh_look{20};
/// Items of a row that are quicker than this are executed without the lock in between, which then
/// costs more than a tenth of what they do.
constexpr std::chrono::nanoseconds quick_item = std::chrono::microseconds(20);
/// They are executed for so long without a look at anything else.
constexpr std::chrono::microseconds run_time{100};
/// Messages taken in one look.
constexpr int look_frames_max = 64;

Session::Config session_config(const StartRecord& record) {
  Session::Config config;
  config.cluster = record.cluster;
  config.process = record.process;
  config.image = record.image;
  config.engine = record.engine;
  config.incarnation = record.incarnation;
  config.pid = ::getpid();
  config.host = record.host;
  config.objects = wire::loaded_objects();
  config.quick_item_ns = quick_item.count();
  std::array<char, 4096> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length > 0) config.program.assign(path.data(), static_cast<std::size_t>(length));
  return config;
}

/// This is the child of a task that has forked. When its function returns, too, it has no more to
/// do here: the task, the page and the sockets are its parent's.
bool forked = false;

}  // namespace

/// The context that user code sees. Most tasks never ask for their stop token, and a new source for
/// each would cost more than what many of them do.
class Process::TaskContext final : public muster::Context {
 public:
  TaskContext(Process& process, int attempt, detail::EngineValues& values,
              detail::Publication& publication)
      : process_(process), attempt_(attempt), values_(values), publication_(publication) {}
  int engine() const override { return static_cast<int>(process_.record_.engine); }
  CurrentProcess process() const override { return process_.current_process(); }
  int attempt() const override { return attempt_; }
  std::stop_token stop() const override {
    process_.stop_was_asked_ = true;
    return process_.stop_.get_token();
  }
  detail::EngineValues& values() const override { return values_; }
  detail::Publication& publication() const override { return publication_; }

 private:
  Process& process_;
  int attempt_;
  detail::EngineValues& values_;
  detail::Publication& publication_;
};

Process::Process(const StartRecord& record, const detail::EngineMark& mark, Page& page,
                 const detail::TaskTable& tasks)
    : record_(record),
      node_(mark.node),
      page_(page),
      tasks_(tasks),
      capture_(mark, page),
      task_socket_(wire::make_dealer(context_, record.task_endpoint, record.keys)),
      control_(wire::make_dealer(context_, record.control_endpoint, record.keys)),
      task_descriptor_(wire::descriptor(task_socket_)),
      session_(session_config(record), now()),
      values_("on engine " + std::to_string(record.engine), &session_.values()) {}

void Process::run() {
  wire::keep_freed_memory();
  ::pthread_atfork(nullptr, nullptr, [] { forked = true; });
  answer_stack_signal(page_);
  detail::set_own_engine(*this);
  capture_.look();  // what static objects have said is no task's
  capture_.begin_task();
  std::thread([this] { listen_for_ever(); }).detach();
  execute_for_ever();
}

// --- the executing thread ---

void Process::execute_for_ever() {
  std::optional<Job> job;
  const Code* code = nullptr;
  std::optional<wire::OutcomeKind> kind;  // how the job has ended; none: with its run
  detail::Buffer body;
  bool dry = false;
  for (bool woken = false;;) {
    {
      // One lock and one look at the clock between two tasks.
      std::unique_lock lock(mutex_);
      Instant time = now();
      const bool buffered = job && capture_.buffered();
      const bool may_have_printed =
          buffered || (job && capture_.may_have_written(time - job_began_));
      if (may_have_printed && (buffered || capture_.has_written())) {
        gather_output(*job, buffered, lock);
      }
      if (job && session_.publication().changed()) session_.say_published(author_of(*job));
      if (std::exchange(woken, false)) task_socket_dry_ = false;
      if (job && job->run) session_.end_run(time);
      if (job && kind) finish(*kind, body, time);
      // The next one must not seem to have taken what that took, or it would be looked at, too.
      if (may_have_printed) time = now();
      job = next_job(time);
      if (job) code = &code_of(job->code);
      dry = task_socket_dry_ && !answer_due_;
    }
    if (!job) {
      if (dry) {
        wait_for_tasks();
        woken = true;
      }
      continue;
    }
    values_.begin_task(job->shared);
    kind = job->run ? execute_run(*code, *job, body) : execute(*code, *job, body);
  }
}

wire::OutcomeKind Process::execute(const Code& code, const Job& job, detail::Buffer& body) {
  TaskContext context(*this, job.starts, values_, session_.publication());
  std::optional<wire::OutcomeKind> unprepared;
  if (job.initializer != nullptr) unprepared = prepare(job, context, body);
  const wire::OutcomeKind kind =
      unprepared ? *unprepared : call(code, job.arguments, job.fault, context, tasks_, body);
  if (forked) ::_exit(0);
  values_.end_task();
  page_.named.store(Named::executed, std::memory_order_release);
  return kind;
}

wire::Process Process::process() const {
  return {record_.engine, ::getpid(), record_.host};
}

/// Inside of the task that is executing, so the page goes on naming that one.
wire::OutcomeKind Process::run_here(std::string_view entry, wire::Bytes arguments, int attempt,
                                    const detail::BoundStore* values,
                                    const std::vector<std::string>& shared,
                                    detail::Buffer& result) {
  const Code code{tasks_.find(entry), std::string(entry)};
  detail::Publication unread;  // its caller waits and reads nothing meanwhile
  detail::EngineValues own("beside bound values", values);
  own.begin_task(&shared);
  TaskContext context(*this, attempt, values == nullptr ? values_ : own, unread);
  const wire::OutcomeKind kind = call(code, arguments, nullptr, context, tasks_, result);
  if (forked) ::_exit(0);
  return kind;
}

CurrentProcess Process::current_process() {
  const Instant started{std::chrono::nanoseconds(record_.started_ns)};
  const int incarnation = static_cast<int>(record_.incarnation);
  CurrentProcess process{"engine-" + std::to_string(record_.engine),
                         static_cast<int>(record_.engine), incarnation, ::getpid()};
  if (incarnation > 1) process.name += "." + std::to_string(incarnation);
  process.init = init_;
  process.age = now() - started;
  const std::scoped_lock lock(mutex_);
  process.start_up = session_.first_opened() - started;
  return process;
}

/// Items one after the other, without the lock. Returns how the last one has ended if that isn't in
/// the run: with an exception, or with more than it has room for.
std::optional<wire::OutcomeKind> Process::execute_run(const Code& code, Job& job,
                                                      detail::Buffer& body) {
  ItemRun& run = *job.run;
  const Instant end = run.looked() + run_time;
  const bool in_one_loop = code.entry != nullptr && code.entry->run != nullptr;
  for (;;) {
    std::optional<wire::OutcomeKind> kind;
    RunStop stop = in_one_loop ? call_in_one_loop(code, run, kind, body) : RunStop::full;
    if (stop == RunStop::full) stop = call_each(code, job, kind, body);
    job.counter = run.last();
    if (kind) return kind;
    if (stop != RunStop::look) return std::nullopt;
    const Instant time = now();
    run.look(time);
    if (time >= end) return std::nullopt;
  }
}

/// In the loop that was compiled with the user's function.
RunStop Process::call_in_one_loop(const Code& code, ItemRun& run,
                                  std::optional<wire::OutcomeKind>& kind, detail::Buffer& body) {
  const auto asked = [](void* process) {
    if (forked) ::_exit(0);
    return static_cast<Process*>(process)->capture_.buffered();
  };
  const detail::NamedItem page{page_.named, page_.counter};
  try {
    return code.entry->run(run, page, {asked, this});
  } catch (...) {
    kind = describe_exception(code, run.arguments(), body);
  }
  if (forked) ::_exit(0);
  page.end();
  return RunStop::interrupted;
}

/// By a call of the function's thunk for each.
RunStop Process::call_each(const Code& code, Job& job, std::optional<wire::OutcomeKind>& kind,
                           detail::Buffer& body) {
  ItemRun& run = *job.run;
  const detail::NamedItem page{page_.named, page_.counter};
  while (const auto item = run.claim()) {
    page.begin(item->counter);
    job.arguments = item->arguments;
    const wire::OutcomeKind ended = execute(code, job, body);
    if (ended != wire::OutcomeKind::value || !run.finish(body.bytes())) {
      kind = ended;
      return RunStop::interrupted;
    }
    // Who holds a token beyond its item must not hear what the next one is told, and what is
    // printed or published belongs to one item.
    if (stop_was_asked_ || capture_.buffered() || session_.publication().changed()) {
      return RunStop::interrupted;
    }
    if (run.look_due()) return RunStop::look;
  }
  return RunStop::over;
}

void Process::finish(wire::OutcomeKind kind, detail::Buffer& body, Instant time) {
  if (body.size() > wire::inline_body_max) {
    session_.finish_large(kind, std::move(body), time);
    body = {};
  } else {
    session_.finish(kind, body.bytes(), time);
  }
}

/// The next task, which the page names from now on; nullopt when this thread has to wait.
std::optional<Job> Process::next_job(Instant time) {
  const Instant::duration since = time - looked_;
  const bool fresh = task_socket_dry_ && since < fresh_look;
  const bool dry = session_.queued() == 0;
  if ((dry && !fresh) || since >= look_interval) look_at_task_socket(time);
  // A task that has just come didn't begin before that, whatever has held this thread up.
  if (dry && session_.queued() > 0) time = now();
  answer_due_ = false;
  if (session_.flush_due(time)) flush(time);
  if (!control_frames_.empty()) control_due_.ring();
  std::optional<Job> job = session_.start_next(time);
  idle_ = !job;
  if (!job) return job;
  // Not stop_requested(): the listening thread may be on its way to request it.
  if (stop_was_asked_ || stop_was_ordered_) {
    stop_ = std::stop_source();
    stop_was_asked_ = stop_was_ordered_ = false;
  }
  const wire::Uuid& session = session_.session(job->session);
  std::uint64_t words[2];
  std::memcpy(words, session.bytes.data(), sizeof words);
  name_none(page_);
  page_.session_high.store(words[0], std::memory_order_relaxed);
  page_.session_low.store(words[1], std::memory_order_relaxed);
  page_.attempt.store(job->attempt, std::memory_order_relaxed);
  page_.started_ns.store(static_cast<std::uint64_t>(wire::nanoseconds_of(time)),
                         std::memory_order_relaxed);
  page_.must_end_ns.store(session_.run_limit().must_end_ns(), std::memory_order_relaxed);
  page_.initializing.store(job->initializer != nullptr, std::memory_order_relaxed);
  page_.started.fetch_add(1, std::memory_order_relaxed);
  job_began_ = time;
  if (!job->run) {
    page_.counter.store(job->counter, std::memory_order_relaxed);
    page_.named.store(Named::executing, std::memory_order_release);
  }
  arm_alarm(std::chrono::nanoseconds(session_.run_limit().nanoseconds()));
  return job;
}

/// Looked up once for each code: a task must not pay for a search by name.
const Code& Process::code_of(std::uint32_t index) {
  while (codes_.size() <= index) {
    const std::string& name = session_.entry(static_cast<std::uint32_t>(codes_.size()));
    codes_.push_back({tasks_.find(name), name});
  }
  return codes_[index];
}

void Process::wait_for_tasks() {
  std::array<pollfd, 2> fds{pollfd{task_descriptor_, POLLIN, 0},
                            pollfd{tasks_arrived_.descriptor(), POLLIN, 0}};
  while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  if (fds[1].revents != 0) tasks_arrived_.silence();
}

// --- either thread, under the mutex ---

/// Returns whether something had arrived.
bool Process::look_at_task_socket(Instant time) {
  looked_ = time;
  const bool was_open = session_.peer_link().open();
  int taken = 0;
  task_socket_dry_ = false;
  while (taken < look_frames_max && !task_socket_dry_) {
    const auto frame = wire::receive(task_socket_);
    task_socket_dry_ = !frame;
    if (!frame) break;
    session_.receive_task(wire::bytes_of(*frame), wire::view_of_chunk(*frame), time);
    ++taken;
  }
  if (was_open && !session_.peer_link().open()) control_due_.ring();  // to say HELLO again
  return taken > 0;
}

/// Sends what waits. Any call on the socket may have swallowed the signal of a frame that arrived,
/// so it is looked at again, and whoever waits for tasks is told of those that came.
void Process::flush(Instant time) {
  session_.take([this](detail::Buffer&& frame) { control_frames_.push_back(std::move(frame)); },
                [this](wire::Frame&& frame) { task_frames_.push_back(std::move(frame)); }, time);
  if (!task_frames_.empty()) {
    send_task_frames();
    answer_due_ = look_at_task_socket(time);
  }
  if (idle_ && (session_.queued() > 0 || answer_due_)) tasks_arrived_.ring();
}

void Process::send_task_frames() {
  bool sent = false;
  while (!task_frames_.empty() &&
         wire::send(task_socket_, task_frames_.front()) == wire::Sent::yes) {
    task_frames_.pop_front();
    sent = true;
  }
  if (!sent) return;
  page_.link.store(session_.link(), std::memory_order_relaxed);
  page_.sent_sequence.store(session_.sent() - task_frames_.size(), std::memory_order_release);
}

/// One timer for all that a long task keeps waiting. It is armed at most once per interval, so that
/// short tasks pay a system call each hundredth of a second and not each time. A run limit that
/// ends before that has a ring of its own.
void Process::arm_alarm(std::chrono::nanoseconds run_limit) {
  const bool sooner = run_limit.count() > 0 && run_limit < wire::running_after;
  if (alarm_armed_ && !sooner) return;
  alarm_armed_ = true;
  alarm_.ring_after(sooner ? run_limit : wire::running_after);
}

}  // namespace muster::engine
