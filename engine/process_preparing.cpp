// What has to run in a process before its first task: the initializer that the task names.

#include <exception>
#include <stdexcept>
#include <string>

#include <muster/detail/distant_call.hpp>
#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "engine/process.hpp"
#include "protocol/clock.hpp"

namespace muster::engine {

/// How the task ends that can't run; nothing when it can. What has failed once isn't tried again in
/// this process, so that who waits hears of it soon.
std::optional<wire::OutcomeKind> Process::prepare(const Job& job, muster::Context& context,
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
    const bool in_time = begin_prepared();
    init_ += wire::now() - begin;
    if (in_time) return std::nullopt;
    return wire::OutcomeKind::timed_out;
  } catch (const UnmetDependency&) {
    detail::encode_current_exception(body);
    return wire::OutcomeKind::unmet;
  } catch (...) {
    init_ += wire::now() - begin;
    try {
      std::throw_with_nested(std::runtime_error(
          "the initializer of this engine's process has thrown, so that no task can run in it"));
    } catch (...) {
      detail::encode_current_exception(body);
    }
    failed_[job.initializer] = detail::Buffer::copy_of(body.bytes());
    return wire::OutcomeKind::exception;
  }
}

/// What counts for the task begins now. False when its initializer has taken too long.
bool Process::begin_prepared() {
  const std::scoped_lock lock(mutex_);
  const Instant time = std::chrono::steady_clock::now();
  if (!session_.begin_prepared(time)) return false;
  const RunLimit& limit = session_.run_limit();
  page_.started_ns.store(static_cast<std::uint64_t>(wire::nanoseconds_of(time)),
                         std::memory_order_relaxed);
  page_.must_end_ns.store(limit.must_end_ns(), std::memory_order_release);
  page_.initializing.store(0, std::memory_order_release);
  job_began_ = time;
  arm_alarm(std::chrono::nanoseconds(limit.nanoseconds()));
  return true;
}

}  // namespace muster::engine
