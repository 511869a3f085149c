// What clients wish of engines' processes: a signal, or another process in its place. Either is
// done for all engines that are named, or refused for all.

#include <string>
#include <utility>

#include "controller/core.hpp"

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

}  // namespace muster::controller
