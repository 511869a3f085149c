#include "tests/simulation/engine_process.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "protocol/limits.hpp"

namespace muster::simulation {
namespace {

constexpr int signal_kill = 9;
constexpr int signal_segv = 11;

}  // namespace

EngineProcess::EngineProcess(World& world, Network& network, Ledger& ledger,
                             engine::Session::Config config, OnEnd on_end)
    : world_(world),
      network_(network),
      ledger_(ledger),
      config_(std::move(config)),
      on_end_(std::move(on_end)),
      session_(config_, world.now()) {}

void EngineProcess::start() {
  connection_ = network_.connect(Port::engine, [weak = weak_from_this()](Port port,
                                                                         FramePtr frame) {
    const auto self = weak.lock();
    if (!self || !self->alive_) return;
    (port == Port::control ? self->control_inbox_ : self->task_inbox_).push_back(std::move(frame));
    self->wake();
  });
  wake();
}

void EngineProcess::kill(bool by_order) {
  if (alive_) end(signal_kill, -1, by_order);
}

void EngineProcess::replace() {
  if (!alive_) return;
  if (task_) ledger_.violate("a process that had retired was executing a task");
  replaced_ = true;
  end(signal_kill, -1, true);
}

void EngineProcess::kill_if_over_limit() {
  const std::int64_t before = wire::nanoseconds_of(world_.now() - wire::node_grace);
  if (!alive_ || !page_.executing || page_.must_end_ns == 0 || before < page_.must_end_ns) return;
  end(signal_kill, -1, true, true);
}

void EngineProcess::stop(Duration length) {
  if (alive_ && length > maybe_dead_after) ledger_.given_up.insert(pid());
  suspend(length);
}

void EngineProcess::suspend(Duration length) {
  const Instant until = world_.now() + length;
  if (!alive_ || until <= stopped_until_) return;
  trouble();
  if (task_) ends_at_ += until - std::max(stopped_until_, world_.now());
  stopped_until_ = until;
  wake_at(until);
}

void EngineProcess::take_from_node(const launcher::GiveOrder& order, const detail::Buffer& bytes) {
  // In one memory with the node, in the real world; here a copy does.
  const auto body = std::make_shared<const detail::Buffer>(detail::Buffer::copy_of(bytes.bytes()));
  const Instant seen = std::max(world_.now(), stopped_until_) + world_.random.between(10us, 2ms);
  const std::string name = raw(order.name);
  const bool fails = ledger_.values_refused > 0 && world_.random.chance(ledger_.values_refused);
  world_.at(
      seen, [weak = weak_from_this(), link = order.link, number = order.number, name, body, fails] {
        const auto self = weak.lock();
        if (!self || !self->alive_) return;
        const wire::SharedBytes bytes{body, body->bytes()};
        self->session_.take_from_node({link, number, name, fails ? wire::SharedBytes() : bytes});
        self->wake();
      });
}

void EngineProcess::wake_at(Instant when) {
  world_.at(when, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

// The executor's thread reads the task socket between tasks, the loop's thread at each order, each
// heartbeat, and once a task has run for a while.
void EngineProcess::wake() {
  if (!alive_ || world_.now() < stopped_until_) return;
  bool attend = read_control();
  if (world_.now() >= session_.deadline()) {
    session_.tick(world_.now());
    attend = true;
  }
  if (task_ && world_.now() - started_at_ >= wire::running_after) attend = true;
  if (session_.streaming()) attend = true;
  if (attend || !task_) read_tasks();
  if (session_.over()) {
    ledger_.dismissed.insert(pid());
    end(0, 0, false);
    return;
  }
  if (task_) session_.report_running(world_.now());
  if (session_.overdue(world_.now())) {
    end(0, 0, true, session_.run_limit().limit_overdue(world_.now()));
    return;
  }
  step();
  if (!alive_) return;
  if (!task_ || attend || session_.flush_due(world_.now())) send();
  const Instant deadline = std::max(session_.deadline(), world_.now() + 1us);
  if (deadline != armed_) wake_at(armed_ = deadline);
}

bool EngineProcess::read_control() {
  const bool any = !control_inbox_.empty();
  while (!control_inbox_.empty()) {
    session_.receive_control(control_inbox_.front()->records.bytes(), world_.now());
    control_inbox_.pop_front();
  }
  return any;
}

void EngineProcess::read_tasks() {
  while (!task_inbox_.empty()) {
    const wire::Frame& frame = *task_inbox_.front();
    session_.receive_task(frame.records.bytes(), frame.chunk, world_.now());
    task_inbox_.pop_front();
  }
}

void EngineProcess::step() {
  if (task_) {
    const bool wished = session_.take_stop_wish();
    if (wished) page_.must_end_ns = session_.run_limit().must_end_ns();
    const bool obeys = wished && ledger_.tasks[*task_].script.obeys_stop;
    if (!obeys && world_.now() < ends_at_) return;
    end_task();
    if (!alive_) return;
  }
  start_tasks();
}

/// The next task, or the next item of the run that it is in.
std::optional<engine::Job> EngineProcess::next_job() {
  if (in_run_.run == nullptr) {
    if (session_.flush_due(world_.now())) send();
    read_tasks();
    const std::optional<engine::Job> job = session_.start_next(world_.now());
    if (!job || job->run == nullptr) return job;
    in_run_ = *job;
    run_items_left_ = 1 + world_.random.below(12);
  }
  if (run_items_left_ > 0) {
    if (const auto item = in_run_.run->claim()) {
      --run_items_left_;
      in_run_.run->look(world_.now());
      in_run_.counter = item->counter;
      in_run_.arguments = item->arguments;
      return in_run_;
    }
  }
  end_run();
  return next_job();
}

void EngineProcess::end_run() {
  if (std::exchange(in_run_.run, nullptr) != nullptr) session_.end_run(world_.now());
}

void EngineProcess::finish(wire::OutcomeKind kind, detail::Buffer body) {
  const bool value = kind == wire::OutcomeKind::value;
  if (value && in_run_.run != nullptr && in_run_.run->finish(body.bytes())) return;
  end_run();
  if (body.size() > wire::inline_body_max) {
    session_.finish_large(kind, std::move(body), world_.now());
  } else {
    session_.finish(kind, body.bytes(), world_.now());
  }
}

void EngineProcess::start_tasks() {
  const std::optional<engine::Job> job = next_job();
  if (!job) return;
  const std::uint64_t task = task_in(job->arguments);
  if (task >= ledger_.tasks.size() || job->fault != nullptr ||
      !same_bytes(job->arguments, arguments_of(task, ledger_).bytes())) {
    ledger_.violate("a task arrived with other arguments than it was submitted with");
    end(signal_segv, -1, false);
    return;
  }
  TaskRecord& record = ledger_.tasks.at(task);
  for (const detail::BoundValuePtr& value : record.script.values) {
    const bool here = std::ranges::any_of(session_.values().held(), [&](const auto& held) {
      return held.name == value->name && held.bytes == value->body.size();
    });
    if (!here) ledger_.violate("task " + std::to_string(task) + " started without a bound value");
  }
  const wire::Uuid& session = session_.session(job->session);
  if (session_.entry(job->code) != "entry" || job->counter != record.counter) {
    ledger_.violate("task " + std::to_string(task) + " arrived under another name");
  }
  record.runs.push_back({.pid = pid(), .engine = engine(), .started_at = world_.now()});
  ledger_.last_start[record.client] = world_.now();
  run_ = record.runs.size() - 1;
  page_.session = session;
  page_.counter = job->counter;
  page_.attempt = job->attempt;
  page_.must_end_ns = session_.run_limit().must_end_ns();
  page_.executing = true;
  page_.task = task;
  task_ = task;
  started_at_ = world_.now();
  ends_at_ = started_at_ + record.script.duration;
  wake_at(ends_at_);
  wake_at(started_at_ + wire::running_after);
  if (session_.run_limit().nanoseconds() != 0) wake_at(session_.run_limit().due());
  // The timer of outcomes that wait for company.
  if (session_.has_output()) wake_at(started_at_ + 300us);
}

void EngineProcess::end_task() {
  TaskRecord& record = ledger_.tasks[*task_];
  if (record.script.ends == Script::Ends::kills_its_process) {
    end(signal_segv, -1, false);
    return;
  }
  if (record.script.ends == Script::Ends::throws && record.thrown < record.script.throws) {
    ++record.thrown;
    if (std::exchange(cut_after_throw_, false)) {
      trouble();
      world_.after(world_.random.between(50us, 2ms), [this, self = shared_from_this()] {
        network_.cut(connection_, Network::Cut::both);
      });
    }
    finish(wire::OutcomeKind::exception, {});
  } else {
    finish(wire::OutcomeKind::value, value_of(*task_, record.script.value_bytes));
  }
  page_.executing = false;
  record.runs[run_].ended_at = world_.now();
  unsent_.emplace_back(*task_, run_);
  task_.reset();
  if (dies_before_send_) end(signal_kill, -1, false);
}

void EngineProcess::send() {
  const auto send_to = [this](Port port) {
    return [this, port](wire::Frame&& frame) {
      if (port == Port::engine) note_outcomes(frame.records.bytes());
      network_.send(connection_, port, std::move(frame));
    };
  };
  session_.take(send_to(Port::control), send_to(Port::engine), world_.now());
  if (session_.peer_link().open()) note_sent();
  page_.link = session_.link();
  page_.sent_sequence = session_.sent();
}

void EngineProcess::note_outcomes(wire::Bytes frame) {
  const auto message = wire::read_message(frame);
  if (message->link != outcomes_link_) outcomes_.clear();
  outcomes_link_ = message->link;
  wire::RecordReader reader(message->records);
  for (wire::Record record; reader.next(record);) {
    if (record.kind != wire::Kind::outcome) continue;
    for (std::uint32_t i = 0; i < record.count; ++i) {
      const auto token = std::pair(session_.session(record.session), record.counter + i);
      outcomes_.push_back({message->sequence, ledger_.by_token.at(token)});
    }
  }
}

void EngineProcess::controller_dies() {
  trouble();
  const wire::Lane& lane = session_.peer_link().task();
  std::uint64_t acknowledged = lane.acknowledged();
  for (const FramePtr& unread : task_inbox_) {
    const auto message = wire::read_message(unread->records.bytes());
    if (message->link == lane.link()) acknowledged = std::max(acknowledged, message->applied);
  }
  std::set<std::size_t> kept;
  for (const auto& [task, run] : unsent_)
    kept.insert(task);
  for (const SentOutcome& outcome : outcomes_) {
    // One that streams is kept for longer, perhaps, than the record that announced it; when, is
    // hard to tell while others stream.
    if (outcome.sequence > acknowledged) {
      kept.insert(outcome.task);
    } else {
      kept.erase(outcome.task);
    }
  }
  for (std::size_t task = 0; task < ledger_.tasks.size(); ++task) {
    TaskRecord& record = ledger_.tasks[task];
    if (record.seen_settled || (alive_ && kept.contains(task))) continue;
    for (Run& run : record.runs) {
      if (run.pid == pid() && run.ended_at != Instant{}) run.died_with_controller = true;
    }
  }
}

/// Of an outcome that streams, nothing is sure to arrive before its last chunk is on its way.
void EngineProcess::note_sent() {
  const bool streams = session_.peer_link().task().streaming();
  std::erase_if(unsent_, [&](const std::pair<std::size_t, std::size_t>& run) {
    const bool large = ledger_.tasks[run.first].script.value_bytes > wire::inline_body_max;
    if (large && streams) return false;
    sent_.push_back(run);
    return true;
  });
}

void EngineProcess::end(int signal, int exit_code, bool by_order, bool over_limit) {
  alive_ = false;
  (replaced_ ? ledger_.replaced : ledger_.given_up).insert(pid());
  if (page_.task) {
    Run& run = ledger_.tasks[*page_.task].runs[run_];
    run.died = true;
    if (task_) run.ended_at = world_.now();
    if (!by_order) ++ledger_.deaths_after_start;
  }
  const bool loses_nothing = !troubled_ && world_.random.chance(70);
  if (loses_nothing) {
    for (const auto& [task, run] : sent_)
      ledger_.tasks[task].runs[run].arrives = true;
  }
  network_.close(connection_, loses_nothing);
  launcher::ProcessEnd end;
  end.engine = config_.engine;
  end.image = config_.image;
  end.incarnation = config_.incarnation;
  end.by_order = by_order;
  end.over_limit = over_limit;
  end.signal = signal;
  end.pid = pid();
  end.exit_code = exit_code;
  end.named = page_.task.has_value();
  if (task_) end.ran_ns = std::max<std::int64_t>(1, (world_.now() - started_at_).count());
  end.session = page_.session;
  end.counter = page_.counter;
  end.attempt = page_.attempt;
  end.link = page_.link;
  end.sent_sequence = page_.sent_sequence;
  world_.after(world_.random.between(1ms, 100ms),
               [report = on_end_, end = std::move(end)] { report(end); });
}

}  // namespace muster::simulation
