// The thread of a Process, and what is known of it elsewhere.

#include <atomic>
#include <csignal>
#include <utility>

#include <unistd.h>

#include <muster/cluster.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/process_life.hpp>
#include <muster/error.hpp>

#include "protocol/pidfd.hpp"

namespace muster::detail {
namespace {

/// How often is looked whether the function has begun.
constexpr std::chrono::milliseconds begin_look{1};

/// Counted in this program.
std::string name_or_next(std::string name) {
  static std::atomic<int> last{0};
  return name.empty() ? "Process-" + std::to_string(++last) : std::move(name);
}

/// As a shell's parent sees it, with -n for signal n.
int code_of(const Quarantined& error) {
  const Attempt& last = error.attempts().back();
  if (last.signal != 0) return -last.signal;
  return last.exit_code >= 0 ? last.exit_code : 1;
}

}  // namespace

struct ProcessLife::Child {
  std::int64_t pid;
  wire::Descriptor descriptor;
};

ProcessLife::ProcessLife(FunctionCall target, std::string name, std::string cluster, Run run)
    : owner_(::getpid()),
      target_(std::move(target)),
      name_(name_or_next(std::move(name))),
      cluster_(std::move(cluster)),
      run_(run) {
  if (!target_) {
    throw ClusterError("a Process needs a function: muster::Process(muster::fn<f>.with(3))");
  }
}

ProcessLife::~ProcessLife() {
  if (!thread_.joinable()) return;
  if (::getpid() != owner_) {
    thread_.detach();  // it doesn't exist here
    return;
  }
  signal(SIGKILL);
  thread_.join();
}

void ProcessLife::start() {
  std::promise<void> begun;
  std::future<void> has_begun = begun.get_future();
  {
    const std::scoped_lock lock(mutex_);
    if (started_) {
      throw ClusterError(name_ + " was started before: a Process runs once, make another one");
    }
    thread_ = std::thread([this, begun = std::move(begun)]() mutable { live(begun); });
    started_ = true;
  }
  has_begun.get();
}

/// The thread: the process has ended when the cluster is gone.
void ProcessLife::live(std::promise<void>& begun) {
  try {
    run(begun);
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    exit_code_ = 1;
    exception_ = std::current_exception();
  }
  std::exception_ptr never_begun;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    if (!child_) never_begun = exception_;
    changed_.notify_all();
  }
  if (never_begun) begun.set_exception(never_begun);
}

void ProcessLife::run(std::promise<void>& begun) {
  const Pid pid(1);
  Cluster cluster({.engines = 1});
  const auto call = decode_result<DistantCall>(target_.value()->body.bytes());
  // One that crashes has had its effects: it doesn't run again.
  const AsyncResult<void> result =
      run_(cluster.load_balanced_view({.label = name_, .max_crashes = 1}), call, pid, cluster_);
  const auto number = [&pid] { return std::atomic_ref(pid[0]).load(); };
  while (number() == 0 && !result.wait_for(begin_look)) {
  }
  if (number() != 0) {
    const std::scoped_lock lock(mutex_);
    child_ = std::make_unique<const Child>(
        Child{number(), wire::open_pidfd(static_cast<pid_t>(number()))});
    begun.set_value();
  }
  try {
    result.get();
  } catch (const Quarantined& error) {
    if (number() == 0) throw;
    const std::scoped_lock lock(mutex_);
    exit_code_ = code_of(error);
  }
}

void ProcessLife::refuse_unless_started() const {
  if (!started_) throw ClusterError(name_ + " has not been started: call start() before");
}

bool ProcessLife::join(Time end) const {
  std::unique_lock lock(mutex_);
  refuse_unless_started();
  const auto has_ended = [this] { return ended_; };
  if (end != Time::max()) return changed_.wait_until(lock, end, has_ended);
  changed_.wait(lock, has_ended);
  return true;
}

std::optional<std::int64_t> ProcessLife::pid() const {
  const std::scoped_lock lock(mutex_);
  return child_ ? std::optional(child_->pid) : std::nullopt;
}

std::optional<int> ProcessLife::exit_code() const {
  const std::scoped_lock lock(mutex_);
  return ended_ ? std::optional(exit_code_) : std::nullopt;
}

std::exception_ptr ProcessLife::exception() const {
  const std::scoped_lock lock(mutex_);
  return ended_ ? exception_ : nullptr;
}

bool ProcessLife::is_alive() const {
  const std::scoped_lock lock(mutex_);
  return child_ && !ended_;
}

void ProcessLife::signal(int number) const {
  const std::scoped_lock lock(mutex_);
  refuse_unless_started();
  if (child_ && !ended_) wire::send_signal(child_->descriptor, number);
}

}  // namespace muster::detail
