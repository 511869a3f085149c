// What the history's file has of tasks of kept sessions that ended before this controller was
// there, or of which this one has forgotten how (muster start --db). The question whether such a
// task can be stood for waits for the file; what comes is among what is kept, and from there on the
// task is one like the others.

#include <algorithm>
#include <string>
#include <utility>

#include "controller/core.hpp"
#include "controller/keeping.hpp"

namespace muster::controller {

wire::Uuid Core::Keeping::recalled_session(std::uint32_t first_bits) {
  wire::Uuid name{};
  for (std::size_t i = 0; i < 4; ++i)
    name.bytes[i] = static_cast<std::uint8_t>(first_bits >> (24 - 8 * i));
  return name;
}

std::pair<std::uint64_t, const Kept*> Core::Keeping::find(const Core& core,
                                                          const wire::StandIn& wanted) {
  const KeptOutcomes& outcomes = core.keeping_->outcomes;
  const ClientSession* const session = core.sessions_.get(core.session_of(wanted.session));
  if (session != nullptr && session->kept) {
    const auto found = outcomes.find(session->id, wanted.counter);
    if (found.kept != nullptr) return {found.first, found.kept};
  }
  const auto found = outcomes.find(recalled_session(wanted.session), wanted.counter);
  return {found.first, found.kept};
}

bool Core::Keeping::recall(Core& core, Peer& peer, const wire::Record& question,
                           const wire::StandIn& wanted) {
  if (!core.config_.history_file || wanted.counter == 0 || find(core, wanted).second) return false;
  const ClientSession* const session = core.sessions_.get(core.session_of(wanted.session));
  if (session != nullptr &&
      (!session->kept || session->find(wanted.counter) != ClientSession::settled)) {
    return false;
  }
  HistoryAsk& ask = core.history_asks_.emplace_back();
  ask.wanted = wanted;
  core.await_history(peer, question, ask, {});
  return true;
}

bool Core::Keeping::recall_repeated(Core& core, Peer& peer, const wire::Record& record,
                                    const wire::StandIn& wanted) {
  if (!core.config_.history_file || wanted.counter == 0) return false;
  const ClientSession* const session = core.sessions_.get(core.session_of(wanted.session));
  if (session != nullptr && session->find(wanted.counter) != ClientSession::settled) return false;
  HistoryAsk& ask = core.history_asks_.emplace_back();
  ask.wanted = wanted;
  core.await_history(peer, record, ask, {}).repeat = record;
  return true;
}

bool Core::Keeping::awaits_recalled(const Core& core, const Peer& peer) {
  const auto& awaited = core.keeping_->awaited;
  return std::any_of(awaited.begin(), awaited.end(), [&](const auto& each) {
    return each.second.repeat && each.second.link == peer.link;
  });
}

/// What the file has of it is here now; nothing, and the task ends with the reason.
void Core::Keeping::take_repeated(Core& core, const AwaitedHistory& asked) {
  const Peer& peer = *core.links_.find(asked.link)->second;
  const ClientSession& session = *core.sessions_.get(peer.index);
  if (session.find(asked.repeat->counter) == ClientSession::unseen)
    core.stand_in(peer.index, *asked.repeat, *asked.wanted);
  if (asked.cancel_wished) core.apply_wish(peer.index, asked.repeat->counter);
  std::vector<std::uint64_t>& said_all = core.keeping_->said_all;
  const auto said = std::find(said_all.begin(), said_all.end(), asked.link);
  if (said == said_all.end() || awaits_recalled(core, peer)) return;
  said_all.erase(said);
  core.client_said_all(peer.index, core.latest_);
}

void Core::Keeping::take_recalled(Core& core, std::uint32_t session, Recalled recalled) {
  Keeping& keeping = *core.keeping_;
  // Two may have asked for it before the file answered.
  if (keeping.outcomes.find(recalled_session(session), recalled.first).kept != nullptr) return;
  Fleet& fleet = core.fleet_;
  auto kept = std::make_shared<Kept>(std::move(recalled.kept));
  const ImageRef image = fleet.image(wire::digest_of(recalled.image.image));
  kept->code = fleet.code(image, recalled.entry);
  if (fleet.images[image].path.empty()) fleet.images[image].path = recalled.image.path;
  keeping.recalled_images[image] = std::move(recalled.image);
  if (recalled.engine >= 0) {
    auto& processes = keeping.recalled_processes;
    const auto known = std::find_if(processes.begin(), processes.end(), [&](const auto& each) {
      return each.engine == static_cast<EngineRef>(recalled.engine) && each.pid == recalled.pid &&
             each.host == recalled.engine_host;
    });
    kept->process = first_recalled + static_cast<ProcessRef>(known - processes.begin());
    if (known == processes.end()) {
      processes.push_back(
          {static_cast<EngineRef>(recalled.engine), recalled.pid, std::move(recalled.engine_host)});
    }
  }
  keeping.recalled[session] = std::move(recalled.host);
  keeping.outcomes.add(recalled_session(session), recalled.first, std::move(kept));
}

/// A task of it is to run again, and maybe no client of this controller runs its program: then its
/// file is where it was, or the task's error says that it isn't.
void Core::Keeping::offer_recalled(Core& core, ImageRef image) {
  const auto& images = core.keeping_->recalled_images;
  const auto recalled = images.find(image);
  if (recalled == images.end() || core.any_session_of(image)) return;
  core.note_parts(image, recalled->second.parts, 0);
  for (Node& node : core.fleet_.nodes)
    core.offer(node, image);
}

void Core::Keeping::forget_recalled(const wire::TaskNames& names) {
  if (names.sessions.empty()) {
    for (const auto& [session, host] : recalled)
      outcomes.forget(recalled_session(session));
  }
  for (std::size_t i = 0; i < names.sessions.size(); ++i) {
    const wire::Uuid session = recalled_session(names.sessions[i]);
    const auto found = outcomes.find(session, names.counters[i]);
    if (found.kept != nullptr) outcomes.remove(session, found.first);
  }
}

}  // namespace muster::controller
