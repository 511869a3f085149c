#include "tests/simulation/checker.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace muster::simulation {
namespace {

using wire::OutcomeKind;

bool was_executing(const TaskRecord& record, std::int64_t pid) {
  return std::any_of(record.runs.begin(), record.runs.end(),
                     [pid](const Run& run) { return run.pid == pid && run.died; });
}

/// The parts of a row that was split are one dispatch.
std::size_t dispatches(const controller::Scheduler& scheduler, controller::EngineRef engine) {
  std::set<std::uint64_t> attempts;
  for (const controller::TaskRef task : scheduler.tasks_of(engine))
    attempts.insert(scheduler[task].attempt);
  return attempts.size();
}

std::uint64_t duplicates(const Checker::Clients& clients) {
  std::uint64_t sum = 0;
  for (const auto& client : clients)
    sum += client->session().duplicates_dropped();
  return sum;
}

/// By then an order has reached an engine that doesn't execute what it names yet (rules 15, 16).
constexpr Duration order_takes = 150ms;

}  // namespace

void Checker::look_at_scheduler() {
  const controller::Core& core = controller_.core();
  const controller::Scheduler& scheduler = core.scheduler();
  const auto engines = static_cast<controller::EngineRef>(core.fleet().engines.size());
  const std::uint32_t credit = scheduler.config().credit;  // 0: as much as seems right, at least 1
  for (const controller::ImageRef image : scheduler.wanted_images()) {
    for (controller::EngineRef engine = 0; engine < engines; ++engine) {
      if (scheduler.active_image(engine) == image && !scheduler.suspended(engine) &&
          !scheduler.recalling(engine) && scheduler.held(engine) < std::max(1u, credit)) {
        ledger_.violate("a task waits although engine " + std::to_string(engine) + " has credit");
      }
    }
  }
  for (controller::EngineRef engine = 0; engine < engines; ++engine) {
    if (credit != 0 && dispatches(scheduler, engine) > credit) {
      ledger_.violate("engine " + std::to_string(engine) + " holds more than its credit");
    }
  }
  if (shape_.fair_within > 0ms) look_at_fairness();
  if (core.counts().crashes == crashes_seen_) return;
  crashes_seen_ = core.counts().crashes;
  if (crashes_seen_ > ledger_.deaths_while_executing) {
    ledger_.violate("more crashes were charged than processes died in a task");
  }
  look_at_histories();
}

/// Each client that has tasks waiting gets its share of starts.
void Checker::look_at_fairness() {
  const controller::SessionTable& sessions = controller_.core().sessions();
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    const controller::SessionRef ref = sessions.find(clients_[client]->id());
    const controller::ClientSession* session = sessions.get(ref);
    Instant& since = waiting_since_.try_emplace(client, world_.now()).first->second;
    if (session == nullptr || controller_.core().scheduler().waiting(ref, session->image) == 0) {
      since = world_.now();
    }
    since = std::max(since, ledger_.last_start[client]);
    if (world_.now() - since <= shape_.fair_within) continue;
    ledger_.violate("client " + std::to_string(client) + " waits and gets no task started");
    since = world_.now();
  }
}

/// A client that lives and can reconnect keeps its session.
void Checker::look_at_drop(const std::string& digits) {
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    const ClientProcess& process = *clients_[client];
    if (!process.id().hex().starts_with(digits)) continue;
    ledger_.dropped_at[client] = world_.now();
    if (process.alive() && world_.now() >= process.reachable_from()) {
      ledger_.violate("the session of client " + std::to_string(client) +
                      " was dropped, and nothing kept it from reconnecting");
    }
  }
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
    const controller::ClientSession* session = controller_.core().sessions().get(task.session);
    if (!task.history || session == nullptr) continue;
    for (std::uint32_t i = 0; i < task.count; ++i) {
      const std::size_t index = ledger_.by_token.at({session->id, task.counter + i});
      look_at_deaths(ledger_.tasks.at(index), task.history->crashes);
    }
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

void Checker::look_at_end() {
  for (std::size_t task = 0; task < ledger_.tasks.size(); ++task)
    look_at_task(task);
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
  look_at_sessions();
  look_at_engines();
}

/// Nothing is kept that nobody will ask for again.
void Checker::look_at_sessions() {
  const controller::SessionTable& sessions = controller_.core().sessions();
  std::size_t living = 0;
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    if (!clients_[client]->alive()) continue;
    ++living;
    const auto* session = sessions.get(sessions.find(clients_[client]->id()));
    const std::string whose = "the session of client " + std::to_string(client);
    if (session == nullptr) {
      ledger_.violate(whose + " is gone, and its client lives");
      continue;
    }
    if (session->open() != 0) ledger_.violate(whose + " has open tasks");
    if (session->end() != session->base()) {
      ledger_.violate(whose + " keeps counters below the watermark");
    }
    if (session->lane.kept() != 0) ledger_.violate(whose + " keeps outcomes that were taken");
  }
  if (sessions.size() != living) ledger_.violate("sessions of dead clients are kept");
  if (shape_.fault_free() && duplicates(clients_) != 0) {
    ledger_.violate("an outcome came twice, or for a task that nobody submitted");
  }
}

void Checker::look_at_task(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  if (!clients_[record.client]->alive()) {
    look_at_runs_of_the_dead(task);
    return;
  }
  if (!record.pending) {
    ledger_.violate(name(task) + "never found credit to be submitted");
    return;
  }
  if (!record.seen_settled || !record.pending->is_settled()) {
    ledger_.violate(name(task) + "never settled");
    return;
  }
  if (record.lost) {
    ledger_.violate(name(task) + "was told that the connection is lost, and nobody said GOODBYE");
    return;
  }
  if (record.pending->kind != record.seen_kind) ledger_.violate(name(task) + "settled twice");
  look_at_settled(task);
  look_at_runs(task);
  if (record.script.options.target >= 0) look_at_target(task);
}

void Checker::look_at_settled(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  const detail::Pending& pending = *record.pending;
  const auto wrong = [&](const std::string& what) { ledger_.violate(name(task) + what); };
  const bool kills = record.script.ends == Script::Ends::kills_its_process;
  // Rule 16: after such an answer it can only end one way.
  const int answer = pending.cancel_answer.load();
  if ((answer == static_cast<int>(wire::CancelAnswer::returned) ||
       answer == static_cast<int>(wire::CancelAnswer::running)) &&
      pending.kind != OutcomeKind::cancelled) {
    wrong("ended otherwise after its cancel was accepted");
  }
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
      if (record.script.options.target < 0 && record.thrown <= record.script.options.retries) {
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
    case OutcomeKind::engine_lost:
      if (record.script.options.target < 0) wrong("lost its engine and was addressed to none");
      break;
    default:
      wrong("ended as kind " + std::to_string(static_cast<int>(pending.kind)));
  }
}

/// User code runs a second time only for a reason.
void Checker::look_at_runs(std::size_t task) {
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
  for (const Run& run : record.runs) {
    if (shape_.fault_free() && record.cancel_wished &&
        run.started_at > record.wished_at + order_takes) {
      ledger_.violate(name(task) + "was started long after it was cancelled");
    }
  }
  const bool ran = !record.runs.empty();
  if (!ran && record.pending->kind != OutcomeKind::cancelled &&
      record.pending->kind != OutcomeKind::engine_lost) {
    ledger_.violate(name(task) + "settled without having run");
  }
  if (shape_.fault_free() && record.script.ends == Script::Ends::value && record.runs.size() > 1) {
    ledger_.violate(name(task) + "ran twice and nothing was wrong");
  }
}

/// Rule 17: on its engine, at most once, and lost only with a process of that engine.
void Checker::look_at_target(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  const std::int64_t target = record.script.options.target;
  const bool exists = target < static_cast<std::int64_t>(controller_.core().fleet().engines.size());
  for (const Run& run : record.runs) {
    if (run.engine != target) ledger_.violate(name(task) + "ran on another engine than it named");
  }
  const std::string session = clients_[record.client]->id().hex().substr(0, 8);
  if (record.runs.size() > 1 && !ledger_.dropped_sessions.contains(session)) {
    ledger_.violate(name(task) + "is addressed and ran " + std::to_string(record.runs.size()) +
                    " times");
  }
  if (record.pending->kind != OutcomeKind::engine_lost) {
    if (!exists && record.pending->kind != OutcomeKind::cancelled) {
      ledger_.violate(name(task) + "didn't end as addressed to an engine that doesn't exist");
    }
  } else if (exists && !lost_a_process(target)) {
    ledger_.violate(name(task) + "lost its engine, no process of which has ended");
  }
}

bool Checker::lost_a_process(std::int64_t engine) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    const auto& processes = node->processes();
    return std::any_of(processes.begin(), processes.end(), [&](const auto& process) {
      return process->engine() == engine && ledger_.given_up.contains(process->pid());
    });
  });
}

/// When a client is gone its tasks are taken back and the engines are free for others.
void Checker::look_at_runs_of_the_dead(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  if (!shape_.engines_are_safe()) return;
  const auto dropped = ledger_.dropped_at.find(record.client);
  if (dropped == ledger_.dropped_at.end()) {
    ledger_.violate("client " + std::to_string(record.client) + " died and kept its session");
    return;
  }
  for (const Run& run : record.runs) {
    if (run.started_at > dropped->second + order_takes) {
      ledger_.violate(name(task) + "was started after its client was given up");
    }
  }
}

void Checker::look_at_engines() {
  std::set<std::pair<std::uint32_t, wire::Digest>> filled;
  for (const auto& node : nodes_) {
    for (const auto& process : node->processes()) {
      if (!process->alive()) continue;
      if (!filled.emplace(process->engine(), process->image()).second) {
        ledger_.violate("two processes of one image live for one engine");
      }
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

void Checker::begin_goodbye() {
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    if (clients_[client]->reachable() && clients_[client]->session().link().open()) {
      addressees_.push_back(client);
    }
  }
}

void Checker::look_at_goodbye() {
  for (const std::size_t client : addressees_) {
    if (!clients_[client]->alive()) continue;
    if (!clients_[client]->session().over() || clients_[client]->session().open() != 0) {
      ledger_.violate("client " + std::to_string(client) + " wasn't told that the cluster ended");
      continue;
    }
    for (std::size_t task = 0; task < ledger_.tasks.size(); ++task) {
      const TaskRecord& record = ledger_.tasks[task];
      if (record.client != client || !record.pending) continue;
      if (!record.seen_settled) {
        ledger_.violate(name(task) + "is waited for though the cluster ended");
      } else if (!record.lost) {
        look_at_settled(task);
      }
    }
  }
  for (const auto& node : nodes_) {
    if (!node->left()) ledger_.violate("a node stays after GOODBYE");
    for (const auto& process : node->processes()) {
      if (process->alive()) ledger_.violate("an engine's process stays after GOODBYE");
    }
  }
}

}  // namespace muster::simulation
