// What programs ask for of others' tasks while those others may still be on their way to a
// controller that was started again: it isn't refused, but taken up when they have come, or
// haven't.

#include <chrono>
#include <utility>

#include "controller/keeping.hpp"
#include "protocol/question.hpp"

namespace muster::controller {
namespace {

/// Clients look for a new controller several times a second.
constexpr std::chrono::seconds time_to_come{5};

}  // namespace

bool Core::Keeping::may_still_come(const Core& core, std::uint32_t session) {
  if (!core.clients_awaited_ || core.latest_ - core.started_ > time_to_come) return false;
  const ClientSession* const known = core.sessions_.get(core.session_of(session));
  return known == nullptr || known->resending;
}

bool Core::Keeping::postpone(Core& core, const Peer& peer, const wire::Record& record,
                             std::uint32_t session) {
  if (!may_still_come(core, session)) return false;
  core.keeping_->postponed.push_back({.link = peer.link,
                                      .session = session,
                                      .header = record,
                                      .options = detail::Buffer::copy_of(record.options),
                                      .body = detail::Buffer::copy_of(record.body)});
  return true;
}

void Core::Keeping::take_up_postponed(Core& core, Instant now) {
  if (core.keeping_->postponed.empty()) return;
  std::vector<Postponed> all = std::exchange(core.keeping_->postponed, {});
  for (Postponed& each : all) {
    const auto link = core.links_.find(each.link);
    if (link == core.links_.end()) continue;  // it is said again on the next one
    if (may_still_come(core, each.session)) {
      core.keeping_->postponed.push_back(std::move(each));
      continue;
    }
    wire::Record record;
    static_cast<wire::Header&>(record) = each.header;
    record.options = each.options.bytes();
    record.body = each.body.bytes();
    Peer& peer = *link->second;
    if (record.kind == wire::Kind::question) {
      core.apply_request(peer, record, now);
    } else {
      core.apply_stand_in(peer, record);
      // Where it waits for the file now, the wish does, too.
      if (each.cancel_wished) core.apply_wish(peer.index, record.counter);
    }
    core.touch(peer);
  }
}

void Core::Keeping::note_wish(Core& core, const ClientSession& session, std::uint64_t counter) {
  if (session.peer == nullptr) return;
  const std::uint64_t link = session.peer->link;
  for (Postponed& each : core.keeping_->postponed) {
    if (each.link == link && each.header.kind == wire::Kind::stand_in &&
        each.header.counter == counter)
      each.cancel_wished = true;
  }
  for (auto& [number, each] : core.keeping_->awaited) {
    if (each.link == link && each.repeat && each.repeat->counter == counter)
      each.cancel_wished = true;
  }
}

}  // namespace muster::controller
