// What tasks print and publish, in front of their outcomes or while they run.

#include <chrono>
#include <mutex>
#include <optional>

#include "engine/process.hpp"

namespace muster::engine {
namespace {

/// So often news is sent of a task that goes on.
constexpr std::chrono::milliseconds news_interval{100};
}  // namespace

// --- the executing thread ---

/// What the job has printed goes in front of its outcome. Items of a run that write without a
/// buffer can't be told apart, so that theirs is said of all of them; and from then on such items
/// are executed one by one.
void Process::gather_output(const Job& job, bool buffered, std::unique_lock<std::mutex>& lock) {
  Author last = author_of(job);
  lock.unlock();
  if (job.run != nullptr && job.counter > job.run->first()) {
    Author all = last;
    all.counter = job.run->first();
    all.count = static_cast<std::uint32_t>(job.counter - all.counter) + 1;
    if (!buffered) {
      last = all;
    } else if (capture_.look()) {
      lock.lock();
      say_output(all);
      author_.reset();
      lock.unlock();
      capture_.begin_task();
    }
  }
  if (buffered) capture_.flush();
  const bool any = capture_.look();
  lock.lock();
  if (any) {
    say_output(last);
    session_.note_printing(job.code);
  }
  author_.reset();
  capture_.begin_task();
}

// --- the listening thread ---

/// What a long task has printed is said while it runs, as it was read by the look before, and what
/// it has published. What is printed while nothing runs is no task's.
void Process::watch_task(Instant time) {
  if (idle_) {
    capture_.look();
    capture_.begin_task();
    return;
  }
  const std::optional<Author> author = session_.author();
  if (!author || time - news_said_ < news_interval || !session_.may_say_more()) return;
  const bool published = session_.publication().changed();
  if (!capture_.looked_at() && !published) return;
  news_said_ = time;
  if (capture_.looked_at()) say_output(*author);
  if (published) session_.say_published(*author);
}

// --- either thread, under the mutex ---

/// What was read of the task's output. All of it under one name, also when it is said bit by bit.
void Process::say_output(const Author& author) {
  if (!author_) author_ = author;
  for (const Capture::Piece& piece : capture_.take())
    session_.say_output(*author_, piece.stream, piece.offset, piece.text);
}

Author Process::author_of(const Job& job) {
  return {job.session, job.counter, 1, job.attempt, job.starts};
}

}  // namespace muster::engine
