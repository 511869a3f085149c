// What observers and clients ask, and the answers.

#include <string_view>

#include "controller/core.hpp"
#include "controller/core_commons.hpp"
#include "controller/history_listing.hpp"
#include "controller/history_match.hpp"
#include "controller/keeping.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;

/// Conditions of one question: more is no question of a person.
constexpr std::size_t conditions_max = 64;

}  // namespace

bool Core::apply_observer(Peer& peer, const wire::Record& record, Instant now) {
  if (record.kind == Kind::goodbye) {
    end_link(peer, "it has left", false, now);
    return true;
  }
  if (record.kind == Kind::status_request) {
    answer_in_parts(peer, Kind::status, status(now));
  } else if (record.kind == Kind::timeline_request) {
    answer_in_parts(peer, Kind::timeline, timeline(now));
  } else if (record.kind == Kind::question) {
    apply_question(peer, record, now);
  } else {
    return false;
  }
  touch(peer);
  return true;
}

/// A cluster may have more to say than a message holds.
void Core::answer_in_parts(Peer& peer, Kind kind, std::string_view text, std::uint64_t number) {
  do {
    const std::string_view part = text.substr(0, wire::inline_body_max);
    text.remove_prefix(part.size());
    const std::uint8_t last = text.empty();
    peer.control.append(Header{.kind = kind, .flags = last, .attempt = number}, {},
                        std::as_bytes(std::span(part.data(), part.size())));
  } while (!text.empty());
}

void Core::apply_question(Peer& peer, const wire::Record& record, Instant now) {
  switch (static_cast<wire::Topic>(record.code)) {
    case wire::Topic::history:
      tell_history(peer, record, now);
      break;
    case wire::Topic::queues:
      tell(peer, record, wire::pack(queues()));
      break;
    case wire::Topic::keep:
    case wire::Topic::attach:
    case wire::Topic::look:
    case wire::Topic::cancel:
    case wire::Topic::purge:
    case wire::Topic::signal:
    case wire::Topic::restart:
    case wire::Topic::recorded:
    case wire::Topic::shutdown:
    case wire::Topic::stack:
    case wire::Topic::commons:
      apply_request(peer, record, now);
      break;
    default:
      refuse_question(peer, record, "this controller doesn't know what is asked for");
  }
  touch(peer);
}

/// What only clients may ask for: onlookers change nothing, and don't see results.
void Core::apply_request(Peer& peer, const wire::Record& record, Instant now) {
  if (peer.role != wire::Role::client) {
    refuse_question(peer, record, "only clients may ask for this");
    return;
  }
  switch (static_cast<wire::Topic>(record.code)) {
    case wire::Topic::keep:
      return keep_session(peer, record);
    case wire::Topic::attach:
      return tell_attached(peer, record);
    case wire::Topic::look:
    case wire::Topic::recorded:
      return apply_look(peer, record);
    case wire::Topic::cancel:
      return cancel_named(peer, record);
    case wire::Topic::signal:
      return signal_engines(peer, record);
    case wire::Topic::restart:
      return restart_engines(peer, record);
    case wire::Topic::stack:
      return look_at_engine(peer, record, now);
    case wire::Topic::shutdown:
      return shut_down(peer, record);
    case wire::Topic::commons:
      return sharing_->apply(peer, record);
    default:
      return purge(peer, record);
  }
}

void Core::tell(Peer& peer, const wire::Record& question, const detail::Buffer& answer) {
  const std::string_view text(reinterpret_cast<const char*>(answer.data()), answer.size());
  answer_in_parts(peer, Kind::told, text, question.attempt);
}

void Core::refuse_question(Peer& peer, const wire::Record& question, std::string_view reason) {
  peer.control.append(
      wire::Header{.kind = Kind::told, .flags = wire::told_refused, .attempt = question.attempt},
      {}, std::as_bytes(std::span(reason.data(), reason.size())));
}

void Core::tell_history(Peer& peer, const wire::Record& record, Instant now) {
  const auto question = wire::unpack<wire::HistoryQuestion>(record.body);
  if (!question || question->all.size() > conditions_max) {
    refuse_question(peer, record, "this is no question about the history");
    return;
  }
  for (const wire::Condition& condition : question->all) {
    if (const auto fault = fault_of(condition)) {
      refuse_question(peer, record, *fault);
      return;
    }
  }
  if (config_.history_file) return ask_history(peer, record, *question, now);
  HistoryListing listing(sessions_, scheduler_, fleet_, process_names_, history_);
  tell(peer, record, wire::pack(listing.page(*question, wire::nanoseconds_of(now))));
}

wire::QueuePage Core::queues() const {
  wire::QueuePage page;
  for (EngineRef ref = 0; ref < fleet_.engines.size(); ++ref) {
    const Engine& engine = fleet_.engines[ref];
    const Node& node = fleet_.nodes[engine.node];
    if ((node.left || engine.stopped) && engine.processes.empty()) continue;
    const Process* active = fleet_.get(engine.active);
    page.engines.push_back({.engine = ref,
                            .host = node.host,
                            .held = scheduler_.held(ref),
                            .completed = engine.completed,
                            .ready = active != nullptr && active->state == Process::State::ready &&
                                     active->peer != nullptr && !engine.suspect});
  }
  page.waiting = scheduler_.waiting();
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr) continue;
    page.waiting += parked(*session) + session->behind_gates + behind_values(*session) +
                    Keeping::behind_file(*this, ref);
  }
  return page;
}

}  // namespace muster::controller
