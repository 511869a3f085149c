// What a program asks of a submitted task: the functions of muster/detail/pending.hpp.

#include "client/pending.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <muster/detail/arrivals.hpp>
#include <muster/detail/callback.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/engine_targets.hpp>
#include <muster/detail/failure.hpp>
#include <muster/detail/open_tasks.hpp>
#include <muster/detail/pending.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "client/finished_call.hpp"
#include "client/keyed_call.hpp"
#include "client/prerequisites.hpp"
#include "client/printed.hpp"
#include "client/wall_clock.hpp"
#include "protocol/body.hpp"
#include "protocol/record.hpp"
#include "protocol/time_limit.hpp"

namespace muster::detail {
namespace {

using client::WallClock;
using wire::OutcomeKind;

std::vector<Attempt> attempts_of(const wire::Ending& ending) {
  std::vector<Attempt> attempts;
  for (const wire::Death& death : ending.deaths) {
    attempts.push_back({static_cast<int>(death.engine), death.host, death.pid, death.signal,
                        death.exit_code, death.text, death.reason});
  }
  return attempts;
}

int engine_of(const Pending& task) {
  return task.process ? static_cast<int>(task.process->engine) : -1;
}

[[noreturn]] void throw_unmet(wire::Bytes body, int engine) {
  try {
    rethrow_failure(body, engine, {}, {});
  } catch (const UnmetDependency& said) {
    throw UnmetDependency("no engine that may run this task has what it looks for; engine " +
                          std::to_string(engine) + " said: " + said.what());
  }
}

/// The error of a task that has settled without a value.
[[noreturn]] void throw_outcome(OutcomeKind kind, wire::Bytes body, int engine,
                                const std::string& last_words,
                                const wire::Process* process = nullptr) {
  if (kind == OutcomeKind::exception) {
    std::vector<Attempt> attempts;
    if (process != nullptr)
      attempts.push_back({.engine = engine, .host = process->host, .pid = process->pid});
    rethrow_failure(body, engine, std::move(attempts), last_words);
  }
  if (kind == OutcomeKind::unmet) throw_unmet(body, engine);
  const wire::Ending ending =
      wire::unpack<wire::Ending>(body).value_or(wire::Ending{"no reason was given"});
  switch (kind) {
    case OutcomeKind::cancelled:
      throw Cancelled(ending.text);
    case OutcomeKind::quarantined:
      throw Quarantined(attempts_of(ending));
    case OutcomeKind::image_failed:
      throw ImageMismatch(ending.text);
    case OutcomeKind::timed_out:
      if (const auto limit = wire::limit_named(ending.limit))
        throw TimedOut(*limit, std::chrono::nanoseconds(ending.limit_ns), ending.text);
      throw Lost(ending.text);
    case OutcomeKind::engine_lost:
      throw EngineLost(ending.text, attempts_of(ending));
    case OutcomeKind::impossible:
      throw ImpossibleDependency(ending.text);
    case OutcomeKind::reused:
      throw TokenReuse(ending.text);
    default:
      throw Lost(ending.text);
  }
}

Status status_of(const PendingPtr& task) {
  if (successful(task)) return Status::succeeded;
  return failed(task) ? Status::failed : Status::cancelled;
}

}  // namespace

void refuse_without(const std::shared_ptr<Connection>& connection) {
  if (!connection) {
    throw ClusterError(
        "a task was submitted while static objects were being made: begin in main, because an "
        "engine of this program makes its static objects too");
  }
}

PendingPtr submit(const std::shared_ptr<Connection>& connection, const Entry& entry,
                  Buffer arguments, const ViewOptions& options, std::vector<Hole> holes, int engine,
                  BoundValues values) {
  refuse_without(connection);
  add_values_of(options, values);
  if (!options.resume.empty()) {
    return client::submit_unless_finished(connection, entry, std::move(arguments), options,
                                          std::move(holes), std::move(values));
  }
  Buffer encoded = options.key.empty() ? encode_options(options, engine, values)
                                       : client::encode_keyed(connection, entry, arguments.bytes(),
                                                              !holes.empty(), options, values);
  return connection->submit(
      entry, std::move(arguments), std::move(encoded), engine,
      client::prerequisites_of(options, connection.get(), std::move(holes), std::move(values)));
}

PendingPtr submit_push(const std::shared_ptr<Connection>& connection, const Entry& entry,
                       Buffer arguments, const ViewOptions& options, int engine,
                       BoundValues values) {
  refuse_without(connection);
  Buffer encoded = encode_options(options, engine, values);
  return connection->submit_push(
      entry, std::move(arguments), std::move(encoded), engine,
      client::prerequisites_of(options, connection.get(), {}, std::move(values)));
}

bool wait_for_outcomes(const std::shared_ptr<Connection>& connection, const ItemOutcomes& outcomes,
                       std::size_t room_for, std::chrono::steady_clock::time_point end) {
  return connection->wait_for_outcomes(outcomes, room_for, end);
}

std::size_t engines(const std::shared_ptr<Connection>& connection) {
  return connection->engines();
}

std::vector<int> engine_ids(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  return connection->engine_ids();
}

std::vector<int> wait_for_engines(const std::shared_ptr<Connection>& connection, std::size_t count,
                                  std::chrono::nanoseconds patience) {
  refuse_without(connection);
  std::vector<int> ids = connection->engine_ids(count, deadline_after(patience));
  if (ids.size() < count) throw TimedOut(patience, ids.size(), count);
  return ids;
}

std::size_t open_tasks(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  return connection->open();
}

bool wait_for_open_tasks(const std::shared_ptr<Connection>& connection,
                         std::chrono::steady_clock::time_point end) {
  refuse_without(connection);
  return connection->wait_for_all(end);
}

void cancel_open_tasks(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  connection->say_cancel_all();
}

void wait(const PendingPtr& task) {
  wait_until(task, std::chrono::steady_clock::time_point::max());
}

bool wait_until(const PendingPtr& task, std::chrono::steady_clock::time_point end) {
  return task->is_settled() || task->connection->wait_for_outcome(*task, end);
}

bool ready(const PendingPtr& task) {
  return task->is_settled();
}

bool successful(const PendingPtr& task) {
  return task->state.load(std::memory_order_acquire) == Pending::State::settled &&
         task->kind == OutcomeKind::value;
}

std::span<const std::byte> value(const PendingPtr& task) {
  if (task->state.load(std::memory_order_acquire) == Pending::State::lost) {
    throw ConnectionLost(wire::text_of(task->body.bytes()));
  }
  if (task->kind != OutcomeKind::value)
    throw_outcome(task->kind, task->body.bytes(), engine_of(*task), last_words(output(task)),
                  task->process.get());
  return task->body.bytes();
}

void throw_error(const ItemOutcome& outcome) {
  if (outcome.how == ItemOutcome::How::lost) {
    throw ConnectionLost(wire::text_of(outcome.body.bytes()));
  }
  throw_outcome(static_cast<OutcomeKind>(outcome.kind), outcome.body.bytes(), outcome.engine,
                outcome.last_words ? *outcome.last_words : std::string());
}

TaskInfo info(const PendingPtr& task) {
  const WallClock on_the_wall;
  TaskInfo info;
  info.submitted = on_the_wall(task->submitted);
  if (!task->is_settled()) return info;
  info.status = status_of(task);
  info.started = on_the_wall(task->started);
  info.completed = on_the_wall(task->completed);
  info.received = on_the_wall(task->received);
  info.run = task->run;
  info.attempts = task->starts;
  if (task->process) {
    info.engine = engine_of(*task);
    info.pid = task->process->pid;
    info.host = task->process->host;
  }
  return info;
}

TaskId id(const PendingPtr& task) {
  if (const auto original = task->original()) return *original;
  if (!task->connection) return {};
  return {wire::first_bits(task->connection->session()), task->counter};
}

TaskOutput output(const PendingPtr& task) {
  OutputRead nothing;
  if (!task->is_settled()) return output_since(task, nothing);
  return task->printed ? task->printed->output() : TaskOutput{};
}

TaskOutput output_since(const PendingPtr& task, OutputRead& read) {
  if (!task->is_settled() && task->connection) return task->connection->output_since(*task, read);
  return task->printed ? task->printed->since(read) : TaskOutput{};
}

Buffer published(const PendingPtr& task) {
  Buffer value;
  const auto copy = [&](const Published& published) {
    value = Buffer::copy_of(published.value().bytes());
  };
  if (task->is_settled()) {
    if (task->published) copy(*task->published);
  } else if (task->connection) {
    task->connection->look_at_published(*task, copy);
  }
  return value;
}

double running(const PendingPtr& task) {
  double fraction = 0;
  if (!task->is_settled() && task->connection) {
    task->connection->look_at_published(
        *task, [&](const Published& published) { fraction = published.progress(); });
  }
  return fraction;
}

void on_done(PendingPtr task, std::unique_ptr<Callback> callback) {
  task->connection->on_done(task, std::move(callback));
}

void on_all_done(const std::vector<PendingPtr>& tasks, std::unique_ptr<Callback> callback) {
  struct Rest {
    std::atomic<std::size_t> count;  // the tasks may be of several clients
    std::unique_ptr<Callback> callback;
  };
  if (tasks.empty()) throw ClusterError("on_done: there are no results to wait for");
  auto rest = std::make_shared<Rest>();
  rest->count = tasks.size();
  rest->callback = std::move(callback);
  for (const PendingPtr& task : tasks) {
    on_done(task, make_callback([rest] {
              if (rest->count.fetch_sub(1) == 1) std::exchange(rest->callback, nullptr)->call();
            }));
  }
}

void wish_cancel(const PendingPtr& task) {
  if (!task->is_settled()) task->connection->say_cancel(task);
}

void wish_cancel(const std::shared_ptr<Connection>& connection, const ItemOutcomes& outcomes) {
  connection->say_cancel(outcomes);
}

CancelOutcome cancel(const PendingPtr& task) {
  if (!task->is_settled()) task->connection->wish_cancel(task);
  return task->met_by_cancel();
}

CancelOutcome Pending::met_by_cancel() const {
  const int answer = cancel_answer.load(std::memory_order_acquire);
  if (is_settled()) {
    const bool cancelled =
        state.load(std::memory_order_acquire) == State::settled && kind == OutcomeKind::cancelled;
    if (!cancelled) return CancelOutcome::finished;
  } else if (answer == static_cast<int>(wire::CancelAnswer::finished)) {
    return CancelOutcome::finished;  // it stands, though its body is still on its way
  }
  return answer == static_cast<int>(wire::CancelAnswer::running) ? CancelOutcome::running
                                                                 : CancelOutcome::cancelled;
}

}  // namespace muster::detail
