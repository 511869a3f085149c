// What clients wish of engines' processes: a signal, another process in its place, or none any
// more. Each is done for all engines that are named, or refused for all.

#include <algorithm>
#include <string>
#include <utility>

#include "controller/core.hpp"
#include "protocol/drain.hpp"

namespace muster::controller {
namespace {

constexpr std::uint32_t signal_max = 64;

}  // namespace

/// The process of each engine that has its tasks now; nothing, and the question is refused, when
/// one has none.
std::optional<std::vector<ProcessRef>> Core::processes_meant(
    Peer& peer, const wire::Record& question, const std::vector<std::uint32_t>& engines) {
  std::vector<ProcessRef> processes;
  for (const EngineRef ref : engines) {
    const std::string name = "engine " + std::to_string(ref);
    const bool known = ref < fleet_.engines.size() && !fleet_.nodes[fleet_.engines[ref].node].left;
    if (!known) {
      refuse_question(peer, question, "there is no " + name);
      return std::nullopt;
    }
    if (fleet_.nodes[fleet_.engines[ref].node].peer == nullptr) {
      refuse_question(peer, question, "the node of " + name + " doesn't answer: try again");
      return std::nullopt;
    }
    const Process* process = fleet_.get(fleet_.engines[ref].active);
    if (process == nullptr || process->state == Process::State::ended) {
      refuse_question(peer, question, name + " has no process now, it gets one: try again");
      return std::nullopt;
    }
    processes.push_back(fleet_.engines[ref].active);
  }
  return processes;
}

void Core::signal_engines(Peer& peer, const wire::Record& question) {
  const auto request = wire::unpack<wire::EngineRequest>(question.body);
  if (!request || request->signal == 0 || request->signal > signal_max) {
    refuse_question(peer, question, "signals have numbers from 1 to 64");
    return;
  }
  const auto processes = processes_meant(peer, question, request->engines);
  if (!processes) return;
  for (const ProcessRef ref : *processes) {
    const Process& process = *fleet_.get(ref);
    const detail::Buffer body =
        wire::pack(wire::SignalProcess{process.engine, raw(fleet_.images[process.image].digest),
                                       process.incarnation, request->signal});
    order(fleet_.nodes[fleet_.engines[process.engine].node], wire::Kind::signal_process,
          body.bytes());
  }
  tell(peer, question, {});
}

/// What it has goes elsewhere, and nobody is charged: the process isn't to blame for its end.
void Core::restart_engines(Peer& peer, const wire::Record& question) {
  const auto request = wire::unpack<wire::EngineRequest>(question.body);
  if (!request) {
    refuse_question(peer, question, "this names no engines");
    return;
  }
  const auto processes = processes_meant(peer, question, request->engines);
  if (!processes) return;
  for (const ProcessRef ref : *processes) {
    Process& process = *fleet_.get(ref);
    if (std::exchange(process.restarts, true)) continue;
    scheduler_.suspend(process.engine);
    settle_addressed(process.engine, process.image);
    order_end(process);
    note("engine " + std::to_string(process.engine) + " gets another process, because a client " +
         "wishes it");
  }
  tell(peer, question, {});
}

/// Engines that are shut down keep their numbers, which nobody else gets, and get no process and no
/// task any more, also not from a controller that is started again.
void Core::shut_down(Peer& peer, const wire::Record& question) {
  const auto request = wire::unpack<wire::ShutdownRequest>(question.body);
  if (!request) {
    refuse_question(peer, question, "this names no engines");
    return;
  }
  if (request->cluster) {
    end_wished_ = true;
    tell(peer, question, {});
    return;
  }
  for (const EngineRef ref : request->engines) {
    if (ref < fleet_.engines.size() && !fleet_.nodes[fleet_.engines[ref].node].left) continue;
    refuse_question(peer, question, "there is no engine " + std::to_string(ref));
    return;
  }
  for (const EngineRef ref : request->engines) {
    if (fleet_.engines[ref].stopped) continue;
    stop_engine(ref);
    note("engine " + std::to_string(ref) + " is shut down, because a client wishes it");
  }
  roster_due_ = true;
  place_due_ = true;
  remember_fleet();
  for (const EngineRef ref : request->engines)
    see_whether_emptied(fleet_.engines[ref].node);
  tell(peer, question, {});
}

/// What it has goes elsewhere, and nobody is charged.
void Core::stop_engine(EngineRef ref) {
  Engine& engine = fleet_.engines[ref];
  engine.stopped = true;
  engine.wanted = none;
  scheduler_.suspend(ref);
  for (const ProcessRef process : engine.processes) {
    fleet_.get(process)->restarts = true;
    settle_addressed(ref, fleet_.get(process)->image);
    order_end(*fleet_.get(process));
  }
}

/// A node that is there for its engines only may leave when all of them were shut down.
void Core::see_whether_emptied(NodeRef ref) {
  Node& node = fleet_.nodes[ref];
  const bool emptied = !node.engines.empty() &&
                       std::all_of(node.engines.begin(), node.engines.end(),
                                   [this](EngineRef e) { return fleet_.engines[e].stopped; });
  if (!emptied || node.peer == nullptr) return;
  node.peer->control.append(
      wire::Header{.kind = wire::Kind::drained, .flags = wire::drained_emptied});
  touch(*node.peer);
}

}  // namespace muster::controller
