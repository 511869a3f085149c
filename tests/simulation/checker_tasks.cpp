// What the checker says of single tasks: how each ended, and how often its code ran.

#include <algorithm>
#include <set>
#include <string>

#include "tests/simulation/checker.hpp"
#include "tests/simulation/limit_checks.hpp"

namespace muster::simulation {
namespace {

using wire::OutcomeKind;

bool was_named(const TaskRecord& record, std::int64_t pid) {
  return std::any_of(record.runs.begin(), record.runs.end(),
                     [pid](const Run& run) { return run.pid == pid && run.died; });
}

/// By then an order has reached an engine that doesn't execute what it names yet (rules 15, 16).
constexpr Duration order_takes = 150ms;

}  // namespace

void Checker::look_at_deaths(const TaskRecord& record, const std::vector<wire::Death>& deaths) {
  std::set<std::int64_t> pids;
  for (const wire::Death& death : deaths) {
    if (!was_named(record, death.pid)) {
      ledger_.violate("counter " + std::to_string(record.counter) + " is charged with process " +
                      std::to_string(death.pid) + ", which didn't die in it or after it");
    }
    if (!pids.insert(death.pid).second) ledger_.violate("one death is charged twice");
  }
}

void Checker::look_at_task(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  if (record.asked_for) {
    if (!record.pending->is_settled()) {
      ledger_.violate(name(task) + "went on without its client, and nobody can have its outcome");
    } else {
      look_at_settled(task);
    }
    return;
  }
  if (!clients_[record.client]->alive()) {
    if (!shape_.keeping) look_at_runs_of_the_dead(task);
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
  if (record.script.restricted() || record.waits.follows) look_at_places(task);
  if (!record.waits.tasks.empty()) look_at_what_it_waited_for(task);
  if (!record.arguments.empty()) look_at_arguments(task);
  for (const std::string& wrong : wrong_with_limits(record, shape_.fault_free()))
    ledger_.violate(name(task) + wrong);
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
  if (answer == static_cast<int>(wire::CancelAnswer::finished) &&
      pending.kind == OutcomeKind::cancelled) {
    wrong("is cancelled after its cancel was said to have come too late");
  }
  switch (pending.kind) {
    case OutcomeKind::value: {
      if (kills && !record.script.obeys_stop) wrong("has a value and kills each of its processes");
      if (!same_bytes(pending.body.bytes(), value_of(task, record.script.value_bytes).bytes())) {
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
    case OutcomeKind::timed_out:
      break;  // limit_checks.hpp
    case OutcomeKind::impossible:
      if (record.waits.tasks.empty() && record.arguments.empty() && record.script.engines().empty())
        wrong("can't start and waits for nothing");
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
    reasons += (ledger_.given_up.contains(run.pid) && !run.arrives) || run.died_with_controller;
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
  const OutcomeKind kind = record.pending->kind;
  const bool has_run = kind != OutcomeKind::cancelled && kind != OutcomeKind::engine_lost &&
                       kind != OutcomeKind::timed_out && kind != OutcomeKind::impossible;
  if (has_run && record.runs.empty()) ledger_.violate(name(task) + "settled without having run");
  // A process that was ended for one task's limit may have gone on to another.
  const bool all_well = std::none_of(record.runs.begin(), record.runs.end(), [&](const Run& run) {
    return ledger_.given_up.contains(run.pid);
  });
  if (shape_.fault_free() && all_well && record.script.ends == Script::Ends::value &&
      record.runs.size() > 1) {
    ledger_.violate(name(task) + "ran twice and nothing was wrong");
  }
}

/// It runs exactly when what it waits for has come, and not before.
void Checker::look_at_what_it_waited_for(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  std::size_t met = 0;
  std::size_t met_before = 0;
  std::string others;
  const Instant started = record.runs.empty() ? Instant::max() : record.runs.front().started_at;
  for (const std::size_t other : record.waits.tasks) {
    const TaskRecord& awaited = ledger_.tasks[other];
    const bool value = awaited.seen_kind == OutcomeKind::value;
    others += " task " + std::to_string(other) + " ended as kind " +
              std::to_string(static_cast<int>(awaited.seen_kind));
    if (!awaited.runs.empty())
      others += " at " + std::to_string((awaited.runs.front().ended_at - Instant{}) / 1us) + " us";
    const bool ran_before = std::any_of(
        awaited.runs.begin(), awaited.runs.end(),
        [&](const Run& run) { return run.ended_at != Instant{} && run.ended_at <= started; });
    if (record.waits.on != On::end && value != (record.waits.on == On::success)) {
      // A value may be gone with the controller that had it, and what was addressed isn't run
      // again.
      const bool may_have_had_value = awaited.script.ends == Script::Ends::value && ran_before;
      met_before +=
          record.waits.on == On::success && controller_.restarts() > 0 && may_have_had_value;
      continue;
    }
    ++met;
    met_before += !value || ran_before;
  }
  const std::size_t needed = record.waits.any ? 1 : record.waits.tasks.size();
  // What was known of a task that ended without a value may be gone with who knew it, and then it
  // has a second life.
  const std::string session = clients_[record.client]->id().hex().substr(0, 8);
  const bool knew_better = ledger_.dropped_sessions.contains(session) ||
                           (controller_.restarts() > 0 && record.waits.on != On::success);
  if (!record.runs.empty() && met_before < needed && !knew_better)
    ledger_.violate(name(task) + "was started at " + std::to_string((started - Instant{}) / 1us) +
                    " us, before what it waits for:" + others);
  const bool impossible = record.pending->kind == OutcomeKind::impossible;
  const bool restricted = record.waits.follows || record.script.restricted();
  if (impossible && !record.runs.empty() && !knew_better && !restricted)
    ledger_.violate(name(task) + "ran and can't start");
  if (impossible && met >= needed && !restricted)
    ledger_.violate(name(task) + "can't start although what it waits for has come");
}

/// On the engines that it names, and where what it follows ran; and it may only fail to start for
/// want of one of them.
void Checker::look_at_places(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  const std::vector<std::uint32_t> named = record.script.engines();
  const auto has_needs = [&](std::uint32_t engine) {
    return engine_has(engine, wire::Resources(record.script.options.needs));
  };
  const auto may_run = [&](std::uint32_t engine) {
    return (named.empty() || std::binary_search(named.begin(), named.end(), engine)) &&
           has_needs(engine);
  };
  std::set<std::uint32_t> followed;
  std::string others;
  if (record.waits.follows && record.waits.on == On::success) {
    for (const std::size_t other : record.waits.tasks) {
      for (const Run& run : ledger_.tasks[other].runs) {
        followed.insert(run.engine);
        others += " task " + std::to_string(other) + " on " + std::to_string(run.engine);
      }
    }
  }
  const std::string session = clients_[record.client]->id().hex().substr(0, 8);
  const bool forgotten = controller_.restarts() > 0 || ledger_.dropped_sessions.contains(session);
  for (const Run& run : record.runs) {
    const std::string where = "ran on " + std::to_string(run.engine);
    if (!may_run(run.engine)) ledger_.violate(name(task) + where + ", which it may not");
    if (!followed.empty() && !followed.contains(run.engine) && !forgotten)
      ledger_.violate(name(task) + where + " and follows" + others);
  }
  // Several that it follows may have run apart.
  if (record.pending->kind != OutcomeKind::impossible || record.waits.follows) return;
  const bool all_gone =
      !named.empty() && std::all_of(named.begin(), named.end(), [&](std::uint32_t engine) {
        return may_be_gone(engine) || !has_needs(engine);
      });
  if (!all_gone && record.waits.tasks.empty() && record.arguments.empty())
    ledger_.violate(name(task) + "can't start although an engine is there that may run it");
}

bool Checker::engine_has(std::uint32_t engine, const wire::Resources& needs) const {
  const controller::Fleet& fleet = controller_.core().fleet();
  return needs.empty() || (engine < fleet.engines.size() &&
                           fleet.nodes[fleet.engines[engine].node].resources.cover(needs));
}

bool Checker::may_be_gone(std::uint32_t engine) const {
  const controller::Fleet& fleet = controller_.core().fleet();
  return engine >= shape_.nodes * shape_.engines || engine >= fleet.engines.size() ||
         lost_a_process(engine) || may_lack_a_node() || ledger_.node_given_up;
}

/// That an engine got the right ones was looked at there.
void Checker::look_at_arguments(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  const bool all_there = std::all_of(
      record.arguments.begin(), record.arguments.end(), [this](const Argument& argument) {
        return ledger_.tasks[argument.task].seen_kind == OutcomeKind::value;
      });
  if (!all_there && !record.runs.empty() && controller_.restarts() == 0)
    ledger_.violate(name(task) + "ran without all of its arguments");
  if (all_there && record.pending->kind == OutcomeKind::impossible &&
      record.script.engines().empty())
    ledger_.violate(name(task) + "can't start although its arguments are there");
}

/// Rule 17: on its engine, at most once, and lost only with a process of that engine.
void Checker::look_at_target(std::size_t task) {
  const TaskRecord& record = ledger_.tasks[task];
  const std::int64_t target = record.script.options.target;
  const bool exists = target < static_cast<std::int64_t>(controller_.core().fleet().engines.size());
  // One of a node that joins later is there or isn't, when the task comes.
  const bool from_the_start = target < std::int64_t{shape_.nodes} * shape_.engines;
  for (const Run& run : record.runs) {
    if (run.engine != target) ledger_.violate(name(task) + "ran on another engine than it named");
  }
  const std::string session = clients_[record.client]->id().hex().substr(0, 8);
  if (record.runs.size() > 1 && !ledger_.dropped_sessions.contains(session)) {
    std::string runs;
    for (const Run& run : record.runs) {
      runs += " process " + std::to_string(run.pid) + " at " +
              std::to_string((run.started_at - Instant{}) / 1us) + " us";
    }
    ledger_.violate(name(task) + "is addressed and ran " + std::to_string(record.runs.size()) +
                    " times:" + runs);
  }
  const bool lost_an_outcome = std::any_of(record.runs.begin(), record.runs.end(),
                                           [](const Run& run) { return run.died_with_controller; });
  if (record.pending->kind != OutcomeKind::engine_lost) {
    // One that is said again to a controller that was started again may pass its limit before that
    // knows all engines.
    const bool too_late = record.pending->kind == OutcomeKind::timed_out ||
                          record.pending->kind == OutcomeKind::impossible;
    if (!exists && !too_late && record.pending->kind != OutcomeKind::cancelled) {
      ledger_.violate(name(task) + "didn't end as addressed to an engine that doesn't exist");
    }
  } else if (from_the_start && !lost_a_process(target) && !lost_an_outcome && !may_lack_a_node()) {
    const auto ending = wire::unpack<wire::Ending>(record.pending->body.bytes());
    ledger_.violate(name(task) + "lost its engine, no process of which has ended: " +
                    (ending ? ending->text : "it doesn't say why"));
  }
}

/// A controller that is started again doesn't wait for a node that was lost to its predecessor, and
/// can't know what that node's engines have run.
bool Checker::may_lack_a_node() const {
  return controller_.restarts() > 0 && ledger_.node_given_up;
}

bool Checker::lost_a_process(std::int64_t engine) const {
  const controller::Fleet& fleet = controller_.core().fleet();
  const auto& node_of_it = fleet.nodes[fleet.engines[static_cast<std::size_t>(engine)].node];
  if (node_of_it.left || !node_of_it.there) return true;
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    const auto& processes = node->processes();
    return std::any_of(processes.begin(), processes.end(), [&](const auto& process) {
      return process->engine() == engine && (ledger_.replaced.contains(process->pid()) ||
                                             ledger_.given_up.contains(process->pid()));
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

}  // namespace muster::simulation
