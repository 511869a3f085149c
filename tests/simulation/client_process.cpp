#include "tests/simulation/client_process.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "protocol/body.hpp"

namespace muster::simulation {

ClientProcess::ClientProcess(World& world, Network& network, Ledger& ledger,
                             client::Session::Config config, std::size_t index)
    : world_(world),
      network_(network),
      ledger_(ledger),
      config_(std::move(config)),
      index_(index),
      session_(config_, world.now()) {}

void ClientProcess::start() {
  connection_ =
      network_.connect(Port::client, [weak = weak_from_this()](Port port, detail::Buffer frame) {
        const auto self = weak.lock();
        if (!self || !self->alive_) return;
        if (port == Port::control) {
          self->session_.receive_control(frame.bytes(), self->world_.now());
        } else {
          self->session_.receive_task(frame.bytes(), self->world_.now());
        }
        self->wake();
      });
  wake();
}

void ClientProcess::wake() {
  if (!alive_) return;
  if (world_.now() >= session_.deadline()) session_.tick(world_.now());
  submit_waiting();
  if (news_seen_ != session_.news()) {
    news_seen_ = session_.news();
    look_at_results();
  }
  const auto send_to = [this](Port port) {
    return [this, port](detail::Buffer&& frame) {
      network_.send(connection_, port, std::move(frame));
    };
  };
  session_.take(send_to(Port::control), send_to(Port::client));
  const Instant deadline = std::max(session_.deadline(), world_.now() + 1us);
  if (deadline == armed_) return;
  armed_ = deadline;
  world_.at(deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

void ClientProcess::submit(std::size_t task) {
  if (!alive_) return;
  unsubmitted_.push_back(task);
  wake();
}

void ClientProcess::submit_waiting() {
  while (!unsubmitted_.empty() && session_.has_credit()) {
    const std::uint64_t task = unsubmitted_.front();
    unsubmitted_.pop_front();
    TaskRecord& record = ledger_.tasks[task];
    const wire::TaskOptions& options = record.script.options;
    detail::Buffer block;
    if (options.retries != 0 || options.max_crashes != wire::TaskOptions{}.max_crashes) {
      block = wire::pack(options);
    }
    record.wished_at = std::max(record.wished_at, world_.now());
    record.pending = std::make_shared<detail::Pending>();
    record.counter = session_.submit(0, "entry", std::move(block),
                                     detail::Buffer::copy_of(std::as_bytes(std::span(&task, 1))),
                                     record.pending, world_.now());
    ledger_.by_token[{id(), record.counter}] = task;
    if (record.cancel_wished) session_.cancel(record.counter);
  }
}

void ClientProcess::cancel(std::size_t task) {
  if (!alive_) return;
  TaskRecord& record = ledger_.tasks[task];
  if (record.pending && record.pending->is_settled()) return;
  record.cancel_wished = true;
  record.wished_at = world_.now();
  if (record.pending) session_.cancel(record.counter);
  wake();
}

void ClientProcess::look_at_results() {
  for (TaskRecord& record : ledger_.tasks) {
    if (record.client != index_ || !record.pending || record.seen_settled) continue;
    if (!record.pending->is_settled()) continue;
    record.seen_settled = true;
    record.seen_kind = record.pending->kind;
  }
}

void ClientProcess::kill() {
  if (!alive_) return;
  alive_ = false;
  network_.close(connection_, false);
}

void ClientProcess::restart() {
  if (!alive_) return;
  session_.restart(world_.now());
  wake();
}

}  // namespace muster::simulation
