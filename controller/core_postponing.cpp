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
    if (record.kind == wire::kind_question) {
      core.apply_request(peer, record, now);
    } else {
      core.apply_stand_in(peer, record);
    }
    core.touch(peer);
  }
}

}  // namespace muster::controller
