#include "tests/simulation/client_process.hpp"

#include <algorithm>
#include <utility>

#include "protocol/body.hpp"
#include "protocol/item_row.hpp"

namespace muster::simulation {

ClientProcess::ClientProcess(World& world, Network& network, Ledger& ledger,
                             client::Session::Config config, std::size_t index, unsigned awaiting,
                             unsigned following)
    : world_(world),
      network_(network),
      ledger_(ledger),
      config_(std::move(config)),
      index_(index),
      awaiting_(awaiting),
      following_(following),
      session_(config_, world.now()),
      notices_(world.now()),
      pause_(world, [this] { wake(); }) {}

void ClientProcess::start() {
  connection_ = network_.connect(Port::client, [weak = weak_from_this()](Port port,
                                                                         const FramePtr& frame) {
    const auto self = weak.lock();
    if (!self || !self->alive_) return;
    self->pause_.when_running([self = self.get(), port, frame] { self->receive(port, *frame); });
  });
  look_at_waits();
  wake();
}

void ClientProcess::look_at_waits() {
  if (lost_) return;
  world_.after(1s, [this] { pause_.when_running([this] { look_at_waits(); }); });
  notices_.look(session_, world_.now());
  if (!notices_.gives_up(world_.now())) return;
  lost_ = true;
  session_.lose_all("the controller has not answered", world_.now());
  wake();
}

void ClientProcess::receive(Port port, const wire::Frame& frame) {
  if (!alive_) return;
  if (port == Port::control) {
    session_.receive_control(frame.records.bytes(), world_.now());
  } else {
    session_.receive_task(frame.records.bytes(), frame.chunk, world_.now());
  }
  wake();
}

void ClientProcess::wake() {
  if (!alive_ || pause_.stopped()) return;
  if (world_.now() >= session_.deadline()) session_.tick(world_.now());
  if (session_.over()) session_.lose_all(session_.link().farewell(), world_.now());
  submit_waiting();
  if (helps_) borrow();
  if (news_seen_ != session_.news()) {
    news_seen_ = session_.news();
    look_at_results();
  }
  const auto send_to = [this](Port port) {
    return
        [this, port](wire::Frame&& frame) { network_.send(connection_, port, std::move(frame)); };
  };
  session_.take(send_to(Port::control), send_to(Port::client));
  const Instant deadline = std::max(session_.deadline(), world_.now() + 1us);
  if (deadline == armed_) return;
  armed_ = deadline;
  world_.at(deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

void ClientProcess::submit(std::vector<std::size_t> row) {
  pause_.when_running([this, row = std::move(row)]() mutable {
    unsubmitted_.push_back(std::move(row));
    wake();
  });
}

void ClientProcess::submit_waiting() {
  while (!unsubmitted_.empty() && session_.credit_left() >= unsubmitted_.front().size() &&
         session_.has_room() && !session_.over() && !lost_) {
    const std::vector<std::size_t> row = std::move(unsubmitted_.front());
    unsubmitted_.pop_front();
    submit_row(row);
  }
}

void ClientProcess::submit_row(const std::vector<std::size_t>& row) {
  Script script = ledger_.tasks[row.front()].script;
  detail::Buffer body;
  for (const std::uint64_t task : row) {
    std::size_t& bytes = ledger_.tasks[task].script.argument_bytes;
    if (row.size() > 1) bytes = sizeof task;  // rows are kept small
    detail::Buffer arguments = arguments_of(task, bytes);
    if (row.size() == 1) {
      body = std::move(arguments);
    } else {
      wire::append_item(body, arguments.bytes());
    }
    auto pending = std::make_shared<detail::Pending>();
    pending->submitted = world_.now();
    ledger_.tasks[task].pending = std::move(pending);
  }
  client::PrerequisitesPtr awaited = wait_for_some(row);
  if (script.shares && row.size() == 1 && !(awaited && !awaited->holes.empty()))
    share(body, script);
  for (const std::uint64_t task : row)
    ledger_.tasks[task].script.values = script.values;
  const wire::TaskOptions& options = script.options;
  detail::Buffer block;
  if (options != wire::TaskOptions{}) block = wire::pack(options);
  if (!script.values.empty()) {
    auto naming = awaited ? std::make_shared<client::Prerequisites>(*awaited)
                          : std::make_shared<client::Prerequisites>();
    naming->values = script.values;
    awaited = std::move(naming);
  }
  std::uint64_t counter = 0;
  if (row.size() == 1) {
    counter = session_.submit(0, "entry", std::move(block), std::move(body),
                              ledger_.tasks[row.front()].pending, world_.now(), std::move(awaited));
  } else {
    counter = session_.submit_items(0, "entry", std::move(block), std::move(body), outcomes_,
                                    items_.size(), static_cast<std::uint32_t>(row.size()),
                                    world_.now(), std::move(awaited));
    items_.insert(items_.end(), row.begin(), row.end());
  }
  for (const std::size_t task : row) {
    TaskRecord& record = ledger_.tasks[task];
    record.wished_at = std::max(record.wished_at, world_.now());
    record.pending->counter = record.counter = counter++;
    ledger_.by_token[{id(), record.counter}] = task;
    if (record.cancel_wished) session_.cancel(record.counter);
    // Results of a map aren't tasks that others can wait for.
    if (row.size() == 1) submitted_.push_back(task);
  }
}

/// As detail::share_arguments does, under a name that the seed decides.
void ClientProcess::share(detail::Buffer& body, Script& script) {
  detail::BoundValue value;
  value.name = detail::make_bound_value("arguments", detail::Buffer::copy_of(body.bytes()))->name;
  value.body = std::exchange(body, {});
  value.arguments = true;
  script.options.arguments = value.name;
  script.options.values += value.name;
  script.values.push_back(std::make_shared<const detail::BoundValue>(std::move(value)));
}

client::PrerequisitesPtr ClientProcess::wait_for_some(const std::vector<std::size_t>& row) {
  if (awaiting_ == 0 || submitted_.empty() || !world_.random.chance(awaiting_)) return nullptr;
  const auto some = [&] {
    // Mostly new ones, which haven't ended yet.
    const std::size_t among =
        std::min<std::size_t>(submitted_.size(), world_.random.chance(80) ? 8 : 100);
    return submitted_[submitted_.size() - 1 - world_.random.below(among)];
  };
  auto prerequisites = std::make_shared<client::Prerequisites>();
  if (row.size() == 1 && world_.random.chance(50)) {
    TaskRecord& record = ledger_.tasks[row.front()];
    std::size_t at = sizeof(std::uint64_t);
    for (std::uint64_t left = 1 + world_.random.below(2); left > 0; --left) {
      at += world_.random.below(record.script.argument_bytes - at + 1);
      const std::size_t task = some();
      record.arguments.push_back({at, task});
      prerequisites->holes.push_back({at, ledger_.tasks[task].pending});
    }
    return prerequisites;
  }
  Waits waits;
  waits.on = world_.random.chance(70)   ? On::success
             : world_.random.chance(50) ? On::end
                                        : On::failure;
  waits.any = world_.random.chance(30);
  for (std::uint64_t left = 1 + world_.random.below(4); left > 0; --left)
    waits.tasks.push_back(some());
  waits.follows = following_ > 0 && world_.random.chance(following_);
  client::Prerequisites::Group& group = prerequisites->groups.emplace_back();
  if (waits.follows) group.role = wire::Awaited::follow;
  group.on = waits.on;
  group.any = waits.any;
  for (const std::size_t task : waits.tasks)
    group.tasks.push_back(ledger_.tasks[task].pending);
  for (const std::size_t task : row)
    ledger_.tasks[task].waits = waits;
  return prerequisites;
}

/// What the session has heard of items of rows.
void ClientProcess::take_item_outcomes() {
  std::vector<detail::ItemOutcome> heard;
  outcomes_->take(heard);
  for (const detail::ItemOutcome& outcome : heard) {
    wire::ItemReader values(outcome.body.bytes());
    for (std::size_t i = 0; i < outcome.count; ++i) {
      detail::Pending& pending = *ledger_.tasks[items_[outcome.index + i]].pending;
      const bool of_row = outcome.count > 1 && outcome.how == detail::ItemOutcome::How::value;
      pending.kind = static_cast<wire::OutcomeKind>(outcome.kind);
      pending.body = detail::Buffer::copy_of(of_row ? values.next().value_or(wire::Bytes())
                                                    : outcome.body.bytes());
      pending.received = world_.now();
      if (pending.is_settled()) ledger_.violate("an item of a row was settled twice");
      const bool lost = outcome.how == detail::ItemOutcome::How::lost;
      pending.settle(lost ? detail::Pending::State::lost : detail::Pending::State::settled);
    }
  }
}

void ClientProcess::cancel(std::size_t task) {
  pause_.when_running([this, task] { wish_cancel(task); });
}

void ClientProcess::wish_cancel(std::size_t task) {
  if (!alive_) return;
  TaskRecord& record = ledger_.tasks[task];
  if (record.pending && record.pending->is_settled()) return;
  record.cancel_wished = true;
  record.wished_at = world_.now();
  if (record.pending) session_.cancel(record.counter);
  wake();
}

void ClientProcess::look_at_results() {
  take_item_outcomes();
  for (TaskRecord& record : ledger_.tasks) {
    if (record.client != index_ || !record.pending || record.seen_settled) continue;
    if (!record.pending->is_settled()) continue;
    record.seen_settled = true;
    look_at_own_runs(record);
    record.lost = record.pending->state == detail::Pending::State::lost;
    record.seen_kind = record.pending->kind;
  }
}

void ClientProcess::keep() {
  session_.ask(wire::Topic::keep, {});
  session_.keep();
}

std::shared_ptr<detail::Pending> ClientProcess::ask_for(const wire::Uuid& session,
                                                        std::uint64_t counter) {
  auto pending = std::make_shared<detail::Pending>();
  session_.stand_in({wire::first_bits(session), counter, wire::StandIn::result}, pending,
                    world_.now());
  wake();
  return pending;
}

void ClientProcess::kill() {
  if (!alive_) return;
  alive_ = false;
  network_.close(connection_, false);
}

void ClientProcess::stop(Duration length) {
  trouble(length);
  pause_.stop(length);
}

void ClientProcess::trouble(Duration length) {
  // It says HELLO every two seconds.
  constexpr Duration reconnects_within = 5s;
  reachable_from_ = std::max(reachable_from_, world_.now() + length + reconnects_within);
}

void ClientProcess::cut() {
  if (world_.now() < last_cut_ + 5s) trouble(Duration::zero());
  last_cut_ = world_.now();
}

void ClientProcess::restart() {
  if (!alive_ || pause_.stopped()) return;
  session_.restart(world_.now());
  wake();
}

}  // namespace muster::simulation
