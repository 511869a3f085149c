#include "tests/simulation/checker.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace muster::simulation {
namespace {

/// The parts of a row that was split are one dispatch.
std::size_t dispatches(const controller::Scheduler& scheduler, controller::EngineRef engine) {
  std::set<std::uint64_t> attempts;
  for (const controller::TaskRef task : scheduler.tasks_of(engine)) {
    // What an engine has from a predecessor comes on top.
    if (scheduler[task].attempt >> 32 == scheduler.config().epoch)
      attempts.insert(scheduler[task].attempt);
  }
  return attempts.size();
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
  look_at_drains();
  if (shape_.fair_within > 0ms) look_at_fairness();
  if (shape_.untaken > 0) look_at_memory();
  if (core.counts().crashes == crashes_seen_) return;
  crashes_seen_ = core.counts().crashes;
  if (crashes_seen_ > ledger_.deaths_after_start) {
    ledger_.violate("more crashes were charged than processes died in or after a task");
  }
  look_at_histories();
}

/// The engines of a node that drains get nothing new. (A controller that was started again finds
/// what they hold.)
void Checker::look_at_drains() {
  const controller::Core& core = controller_.core();
  const controller::Fleet& fleet = core.fleet();
  for (controller::EngineRef engine = 0; engine < fleet.engines.size(); ++engine) {
    if (!fleet.nodes[fleet.engines[engine].node].draining || controller_.restarts() > 0) continue;
    const std::size_t held = dispatches(core.scheduler(), engine);
    const auto [known, added] = held_in_drain_.try_emplace(engine, held);
    if (held > known->second)
      ledger_.violate("engine " + std::to_string(engine) + " drains and got more to do");
    known->second = held;
  }
}

/// Each client that has tasks waiting gets its share of starts.
void Checker::look_at_fairness() {
  const controller::SessionTable& sessions = controller_.core().sessions();
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    const controller::SessionRef ref = sessions.find(clients_[client]->id());
    const controller::ClientSession* session = sessions.get(ref);
    Instant& since = waiting_since_.try_emplace(client, world_.now()).first->second;
    const controller::Scheduler& scheduler = controller_.core().scheduler();
    // One that leaves its results untaken has to wait.
    if (session == nullptr || scheduler.waiting(ref, session->image) == 0 ||
        scheduler.blocked(ref)) {
      since = world_.now();
    }
    since = std::max(since, ledger_.last_start[client]);
    if (world_.now() - since <= shape_.fair_within) continue;
    ledger_.violate("client " + std::to_string(client) + " waits and gets no task started");
    since = world_.now();
  }
}

/// Rule 23: what a client leaves untaken stays below its share, and what its engines had by then.
void Checker::look_at_memory() {
  const controller::SessionTable& sessions = controller_.core().sessions();
  std::size_t largest = 0;
  for (const TaskRecord& record : ledger_.tasks)
    largest = std::max(largest, record.script.value_bytes);
  const std::size_t at_engines = std::size_t{shape_.nodes} * shape_.engines * shape_.credit;
  const std::size_t small = ledger_.tasks.size() * 1024;
  for (controller::SessionRef ref = 0; ref < sessions.end(); ++ref) {
    const controller::ClientSession* session = sessions.get(ref);
    if (session == nullptr) continue;
    if (session->lane.unapplied_bytes() > shape_.untaken + at_engines * largest + small) {
      ledger_.violate("more outcomes are kept for a client than it may leave untaken");
    }
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

bool Checker::keeps_dead_sessions() const {
  const auto living = std::count_if(clients_.begin(), clients_.end(),
                                    [](const auto& client) { return client->alive(); });
  return !shape_.keeping && controller_.core().sessions().size() > static_cast<std::size_t>(living);
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
    if (clients_[client]->session().open_bytes() != 0) {
      ledger_.violate("client " + std::to_string(client) + " keeps submissions that have settled");
    }
    if (session->open() != 0) ledger_.violate(whose + " has open tasks");
    if (session->end() != session->base()) {
      ledger_.violate(whose + " keeps counters below the watermark");
    }
    if (session->lane.kept() != 0) ledger_.violate(whose + " keeps outcomes that were taken");
  }
  if (sessions.size() != living && !shape_.keeping)
    ledger_.violate("sessions of dead clients are kept");
  if (shape_.fault_free() && duplicates(clients_) != 0) {
    ledger_.violate("an outcome came twice, or for a task that nobody submitted");
  }
}

void Checker::look_at_engines() {
  if (shape_.loses_only_controllers() && !ledger_.dismissed.empty())
    ledger_.violate("an engine's process was sent away by a controller that was started again");
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

/// Nobody says GOODBYE again to a client that was cut off, or stopped, while it was on its way.
/// Such a client hears nothing from then on, and its waits end after a minute, as without GOODBYE
/// (rule 29).
void Checker::end_goodbye() {
  std::erase_if(addressees_, [this](std::size_t client) { return !clients_[client]->reachable(); });
}

void Checker::look_at_goodbye() {
  for (const std::size_t client : addressees_) {
    if (!clients_[client]->alive()) continue;
    if (!clients_[client]->session().over()) {
      ledger_.violate("client " + std::to_string(client) + " wasn't told that the cluster ended");
    }
    look_at_waits_of(client);
  }
  for (const auto& node : nodes_) {
    if (!node->left()) ledger_.violate("a node stays after GOODBYE");
    for (const auto& process : node->processes()) {
      if (process->alive()) ledger_.violate("an engine's process stays after GOODBYE");
    }
  }
}

void Checker::look_at_waits() {
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    if (clients_[client]->alive()) look_at_waits_of(client);
  }
}

/// Nobody waits for a controller that is gone; what had settled before stands.
void Checker::look_at_waits_of(std::size_t client) {
  if (clients_[client]->session().open() != 0) {
    ledger_.violate("client " + std::to_string(client) + " has open tasks and no controller");
  }
  for (std::size_t task = 0; task < ledger_.tasks.size(); ++task) {
    const TaskRecord& record = ledger_.tasks[task];
    if (record.client != client || !record.pending) continue;
    if (!record.seen_settled) {
      ledger_.violate(name(task) + "is waited for though the controller is gone");
    } else if (!record.lost) {
      look_at_settled(task);
    }
  }
}

}  // namespace muster::simulation
