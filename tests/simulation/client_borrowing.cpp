// A simulated client that is in a task itself, and runs what nobody has begun while it waits
// (rule 33).

#include <algorithm>
#include <utility>

#include "protocol/limits.hpp"
#include "tests/simulation/client_process.hpp"

namespace muster::simulation {

void ClientProcess::help(Duration length) {
  pause_.when_running([this, length] {
    if (!alive_) return;
    helps_until_ = std::max(helps_until_, world_.now() + length);
    if (!std::exchange(helps_, true)) session_.begin_borrowing();
    world_.at(helps_until_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->wake();
    });
    wake();
  });
}

void ClientProcess::borrow() {
  if (own_run_ && world_.now() >= own_run_->ends) end_own();
  if (own_run_) return;
  if (world_.now() >= helps_until_) {
    helps_ = false;
    session_.end_borrowing();
    return;
  }
  if (auto own = session_.take_borrowed(0)) {
    begin_own(*std::move(own));
  } else if (session_.may_ask_back(0)) {
    session_.ask_back(0);
  }
}

void ClientProcess::begin_own(client::Session::OwnTask own) {
  wire::Bytes arguments = own.arguments.bytes();
  if (own.large) arguments = own.large->pieces().front().bytes();
  for (const detail::BoundValuePtr& value : own.values) {
    if (value->arguments) arguments = value->body.bytes();
  }
  const std::uint64_t task = task_in(arguments);
  if (task >= ledger_.tasks.size() || !same_bytes(arguments, arguments_of(task, ledger_).bytes()) ||
      ledger_.tasks[task].counter != own.task.counter) {
    ledger_.violate("a client got another task than it has submitted, to run it itself");
    return;
  }
  TaskRecord& record = ledger_.tasks[task];
  record.runs.push_back({.pid = own_pid(),
                         .engine = UINT32_MAX,
                         .started_at = world_.now(),
                         .links = session_.link().links_opened()});
  own_run_ = {own.task, task, record.runs.size() - 1, world_.now() + record.script.duration};
  world_.at(own_run_->ends, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

void ClientProcess::end_own() {
  const OwnRun own = *std::exchange(own_run_, std::nullopt);
  TaskRecord& record = ledger_.tasks[own.task];
  Run& run = record.runs[own.run];
  run.ended_at = world_.now();
  auto kind = wire::OutcomeKind::value;
  detail::Buffer body;
  if (record.script.ends == Script::Ends::kills_its_process) {
    // Here it finds that it may not run; an engine will pay for it.
    kind = wire::OutcomeKind::unmet;
    run.died_with_controller = true;
  } else if (record.script.ends == Script::Ends::throws && record.thrown < record.script.throws) {
    ++record.thrown;
    kind = wire::OutcomeKind::exception;
  } else {
    body = value_of(own.task, record.script.value_bytes);
  }
  session_.finish_borrowed(own.borrowed, kind, std::move(body), run.started_at, world_.now());
}

/// What came of a run may be gone with the link on which the task was lent; then it ran again.
void ClientProcess::look_at_own_runs(TaskRecord& settled) {
  for (Run& run : settled.runs) {
    if (run.pid == own_pid() && run.links != session_.link().links_opened())
      run.died_with_controller = true;
  }
}

}  // namespace muster::simulation
