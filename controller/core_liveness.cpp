// Silence, and what it means (rules 2, 29 and 31).

#include <algorithm>
#include <chrono>
#include <vector>

#include "controller/core.hpp"
#include "controller/keeping.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;
using wire::Role;

/// How often the core looks around when nothing happens: fine enough for the 50 ms of rule 12 only
/// while an end is pending, else for liveness.
constexpr std::chrono::milliseconds idle_tick{500};

/// Rule 2: messages are out on the task socket and nothing was heard there for the suspect time.
bool task_socket_is_dead(Peer& peer, Instant now) {
  if (peer.task == nullptr) return false;
  if (!peer.task->awaits_acknowledgement()) peer.task_silence_since = now;
  return now - std::max(peer.task_silence_since, peer.task->heard()) > wire::suspect_after;
}

}  // namespace

void Core::tick(Instant now) {
  latest_ = now;
  pass_limits(now);
  if (now < deadline_) return;  // it was for a limit, or for a recall, which the pass sees to
  forgive_own_lag(now);
  const std::vector<ProcessRef> ending = ending_;
  for (const ProcessRef process : ending)
    conclude_if_heard(process, now);
  std::vector<Peer*> peers;
  for (const auto& [link, peer] : links_)
    peers.push_back(peer.get());
  for (Peer* peer : peers)
    watch(*peer, now);
  bury_ended_links();
  for (ProcessRef ref = 0; ref < fleet_.processes.size(); ++ref) {
    Process* process = fleet_.get(ref);
    if (process == nullptr || process->peer != nullptr) continue;
    const auto patience = process->given_up ? wire::end_wait : wire::dead_after;
    if (process->state == Process::State::joining && now - process->since > patience) {
      give_up(ref, now);
    }
  }
  for (NodeRef ref = 0; ref < fleet_.nodes.size(); ++ref) {
    const Node& node = fleet_.nodes[ref];
    if (node.peer != nullptr || !node.met || !node.there) continue;
    if (now - node.silent_since > wire::dead_after) node_lost(ref, now);
  }
  see_to_drains();
  if (!looks_.empty()) give_up_looks(now);
  drop_silent_sessions(now);
  if (clients_awaited_ && now >= clients_due_) {
    clients_awaited_ = false;
    clients_gone_.clear();
    for (const wire::Uuid& session : unclaimed_.sessions()) {
      if (sessions_.find(session) == none) drop_unclaimed(session);
    }
  }
  Keeping::take_up_postponed(*this, now);
  place_due_ = true;
  deadline_ = now + (ending_.empty() ? idle_tick : std::chrono::milliseconds(10));
}

/// Rule 31: when this process itself was stopped, nobody else was silent. All the time since the
/// last look is forgiven, also what of it this process may have run: whatever has come meanwhile is
/// perhaps not read yet, so that nobody may be judged now who wasn't at the last look.
void Core::forgive_own_lag(Instant now) {
  const auto unseen = now - last_tick_;
  const auto lag = unseen - idle_tick;
  last_tick_ = now;
  if (lag < std::chrono::seconds(1)) return;
  // What has been read already was heard now, and not in the future.
  const auto forgiven = [&](Instant since) { return std::min(now, since + unseen); };
  for (const auto& [link, peer] : links_) {
    peer->heard = forgiven(peer->heard);
    if (peer->task == nullptr) continue;
    peer->task_silence_since = forgiven(std::max(peer->task_silence_since, peer->task->heard()));
  }
  recovery_.forgive(unseen);
  clients_due_ += unseen;
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    ClientSession* session = sessions_.get(ref);
    if (session != nullptr) session->silent_since = forgiven(session->silent_since);
  }
  for (const auto& process : fleet_.processes) {
    if (process) process->since = forgiven(process->since);
  }
  for (Node& node : fleet_.nodes)
    node.silent_since = forgiven(node.silent_since);
  note("this controller was not running for " +
       std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(lag).count()) + " ms");
}

void Core::watch(Peer& peer, Instant now) {
  const auto silence = now - peer.heard;
  if (peer.role == Role::engine) {
    const Process* process = fleet_.get(peer.index);
    // One that joins or has ended gets nothing in any case, and must not be resumed here.
    if (process != nullptr && process->state == Process::State::ready) {
      const EngineRef engine = process->engine;
      if (fleet_.engines[engine].active == peer.index) {
        set_suspect(engine, silence > wire::suspect_after);
      }
    }
  }
  // A client that says nothing may be gone, and only a frame that can't be sent tells (rule 29). So
  // may a rank of an MPI job, which mpiexec has killed with all others.
  const bool may_be_gone = peer.role == Role::client || !peer.hello.job.empty();
  if (may_be_gone && silence > wire::heartbeat_interval * 3 / 2) {
    const detail::Buffer body = wire::pack(wire::Heartbeat{});
    peer.control.append(Header{.kind = Kind::heartbeat}, {}, body.bytes());
    touch(peer);
  }
  if (task_socket_is_dead(peer, now)) {
    end_link(peer, "its task socket is dead", true, now);
    return;
  }
  if (silence <= wire::dead_after) return;
  const Role role = peer.role;
  const std::uint32_t index = peer.index;
  end_link(peer, "it has been silent for too long", false, now);
  if (role == Role::engine) give_up(index, now);
  if (role == Role::node) node_lost(index, now);
}

}  // namespace muster::controller
