#include "tests/simulation/checker.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>

namespace muster::simulation {
namespace {

using wire::OutcomeKind;

bool was_executing(const TaskRecord& record, std::int64_t pid) {
  return std::any_of(record.runs.begin(), record.runs.end(),
                     [pid](const Run& run) { return run.pid == pid && run.died; });
}

std::uint64_t duplicates(const Checker::Clients& clients) {
  std::uint64_t sum = 0;
  for (const auto& client : clients)
    sum += client->session().duplicates_dropped();
  return sum;
}

}  // namespace

void Checker::look_at_scheduler() {
  const controller::Core& core = controller_.core();
  const controller::Scheduler& scheduler = core.scheduler();
  const auto engines = static_cast<controller::EngineRef>(core.fleet().engines.size());
  for (const controller::ImageRef image : scheduler.wanted_images()) {
    for (controller::EngineRef engine = 0; engine < engines; ++engine) {
      if (scheduler.active_image(engine) == image && !scheduler.suspended(engine) &&
          scheduler.held(engine) < scheduler.credit()) {
        ledger_.violate("a task waits although engine " + std::to_string(engine) + " has credit");
      }
    }
  }
  for (controller::EngineRef engine = 0; engine < engines; ++engine) {
    if (scheduler.held(engine) > scheduler.credit()) {
      ledger_.violate("engine " + std::to_string(engine) + " holds more than its credit");
    }
  }
  if (core.counts().crashes == crashes_seen_) return;
  crashes_seen_ = core.counts().crashes;
  if (crashes_seen_ > ledger_.deaths_while_executing) {
    ledger_.violate("more crashes were charged than processes died in a task");
  }
  look_at_histories();
}

/// Rule 11: nobody but the task that was executing pays for a death.
void Checker::look_at_histories() {
  const controller::Scheduler& scheduler = controller_.core().scheduler();
  const auto& fleet = controller_.core().fleet();
  std::vector<controller::TaskRef> tasks;
  const auto add = [&](const std::vector<controller::TaskRef>& more) {
    tasks.insert(tasks.end(), more.begin(), more.end());
  };
  for (controller::ImageRef image = 0; image < fleet.images.size(); ++image)
    add(scheduler.waiting_tasks(image));
  for (controller::EngineRef engine = 0; engine < fleet.engines.size(); ++engine)
    add(scheduler.tasks_of(engine));
  for (const controller::TaskRef ref : tasks) {
    const controller::Task& task = scheduler[ref];
    std::uint64_t index = 0;
    if (!task.history || task.payload.body().size() != sizeof index) continue;
    std::memcpy(&index, task.payload.body().data(), sizeof index);
    look_at_deaths(ledger_.tasks.at(index), task.history->crashes);
  }
}

void Checker::look_at_deaths(const TaskRecord& record, const std::vector<wire::Death>& deaths) {
  std::set<std::int64_t> pids;
  for (const wire::Death& death : deaths) {
    if (!was_executing(record, death.pid)) {
      ledger_.violate("counter " + std::to_string(record.counter) + " is charged with process " +
                      std::to_string(death.pid) + ", which didn't die in it");
    }
    if (!pids.insert(death.pid).second) ledger_.violate("one death is charged twice");
  }
}

void Checker::look_at_end(bool fault_free) {
  for (std::size_t task = 0; task < ledger_.tasks.size(); ++task)
    look_at_task(task, fault_free);
  std::map<std::size_t, std::size_t> open;
  for (const TaskRecord& record : ledger_.tasks) {
    if (record.pending && !record.pending->is_settled()) ++open[record.client];
  }
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    if (clients_[client]->alive() && clients_[client]->session().open() != open[client]) {
      ledger_.violate("a session counts other open tasks than its program");
    }
  }
  const controller::Scheduler& scheduler = controller_.core().scheduler();
  if (scheduler.waiting() != 0) ledger_.violate("the scheduler still has waiting tasks");
  if (scheduler.held() != 0) ledger_.violate("the scheduler still thinks that engines hold tasks");
  look_at_engines();
}

void Checker::look_at_task(std::size_t task, bool fault_free) {
  const TaskRecord& record = ledger_.tasks[task];
  if (!clients_[record.client]->alive()) return;
  if (!record.pending) {
    ledger_.violate(name(task) + "never found credit to be submitted");
    return;
  }
  if (!record.seen_settled || !record.pending->is_settled()) {
    ledger_.violate(name(task) + "never settled");
    return;
  }
  if (record.pending->kind != record.seen_kind) ledger_.violate(name(task) + "settled twice");
  look_at_settled(task);
  look_at_runs(task, fault_free);
}

void Checker::look_at_settled(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  const detail::Pending& pending = *record.pending;
  const auto wrong = [&](const std::string& what) { ledger_.violate(name(task) + what); };
  const bool kills = record.script.ends == Script::Ends::kills_its_process;
  switch (pending.kind) {
    case OutcomeKind::value: {
      const std::uint64_t right = value_of(task);
      if (kills && !record.script.obeys_stop) wrong("has a value and kills each of its processes");
      if (pending.body.size() != sizeof right ||
          std::memcmp(pending.body.data(), &right, sizeof right) != 0) {
        wrong("has the value of another task");
      }
      break;
    }
    case OutcomeKind::exception:
      if (record.script.ends != Script::Ends::throws) wrong("has an exception and never throws");
      if (record.thrown <= record.script.options.retries) {
        wrong("has an exception although it threw " + std::to_string(record.thrown) +
              " times and had " + std::to_string(record.script.options.retries) + " retries");
      }
      break;
    case OutcomeKind::cancelled:
      if (!record.cancel_wished) wrong("is cancelled and nobody wished it");
      break;
    case OutcomeKind::quarantined: {
      const auto ending = wire::unpack<wire::Ending>(pending.body.bytes());
      if (!ending) {
        wrong("is quarantined without saying why");
        break;
      }
      if (ending->deaths.size() != record.script.options.max_crashes) {
        wrong("is quarantined after " + std::to_string(ending->deaths.size()) + " deaths");
      }
      look_at_deaths(record, ending->deaths);
      break;
    }
    default:
      wrong("ended as kind " + std::to_string(static_cast<int>(pending.kind)));
  }
}

/// User code runs a second time only for a reason.
void Checker::look_at_runs(std::size_t task, bool fault_free) {
  const TaskRecord& record = ledger_.tasks[task];
  const std::string session = clients_[record.client]->id().hex().substr(0, 8);
  if (ledger_.dropped_sessions.contains(session)) return;
  std::size_t reasons = record.thrown;
  std::string runs;
  for (const Run& run : record.runs) {
    reasons += ledger_.given_up.contains(run.pid) && !run.arrives;
    runs += " process " + std::to_string(run.pid) + " at " +
            std::to_string((run.started_at - Instant{}) / 1us) + " us" +
            (run.arrives ? " (its outcome arrives)" : "");
  }
  if (record.runs.size() > 1 + reasons) {
    ledger_.violate(name(task) + "ran " + std::to_string(record.runs.size()) +
                    " times and had reasons for " + std::to_string(1 + reasons) + ":" + runs);
  }
  // By then the order has reached an engine that doesn't execute it yet (rules 15 and 16).
  constexpr Duration order_takes = 150ms;
  for (const Run& run : record.runs) {
    if (fault_free && record.cancel_wished && run.started_at > record.wished_at + order_takes) {
      ledger_.violate(name(task) + "was started long after it was cancelled");
    }
  }
  const bool ran = !record.runs.empty();
  if (!ran && record.pending->kind != OutcomeKind::cancelled) {
    ledger_.violate(name(task) + "settled without having run");
  }
  if (fault_free && record.script.ends == Script::Ends::value && record.runs.size() > 1) {
    ledger_.violate(name(task) + "ran twice and nothing was wrong");
  }
}

void Checker::look_at_engines() {
  for (const auto& node : nodes_) {
    for (const auto& process : node->processes()) {
      if (!process->alive()) continue;
      const engine::Session& session = process->session();
      if (session.queued() != 0) ledger_.violate("an engine still has tasks in its queue");
      if (session.executing()) ledger_.violate("an engine still executes");
      if (session.peer_link().open() && session.peer_link().task().kept() != 0) {
        ledger_.violate("an engine keeps outcomes that were applied long ago");
      }
    }
  }
}

void Checker::begin_quiet() {
  links_before_ = controller_.core().counts().links;
  duplicates_before_ = duplicates(clients_);
}

void Checker::look_at_quiet() {
  const std::uint64_t opened = controller_.core().counts().links - links_before_;
  if (opened != 0) {
    ledger_.violate(std::to_string(opened) + " links were opened while nothing was wrong");
  }
}

/// After each client has opened a new link: what was sent again, it had not acknowledged.
void Checker::look_at_resends() {
  if (duplicates(clients_) != duplicates_before_) {
    ledger_.violate("the controller kept outcomes that were acknowledged long ago");
  }
}

}  // namespace muster::simulation
