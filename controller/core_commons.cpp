#include "controller/core_commons.hpp"

#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "protocol/question.hpp"

namespace muster::controller {

using nlohmann::json;
using wire::CommonsEvent;

void Core::Sharing::apply(Peer& peer, const wire::Record& question) {
  if (!core.config_.commons_fault.empty()) {
    core.refuse_question(peer, question, core.config_.commons_fault);
    return;
  }
  auto wish = wire::unpack<wire::CommonsWish>(question.body);
  if (!wish) {
    core.refuse_question(peer, question, "this is no wish for a lock, a counter or a queue");
    return;
  }
  const wire::Uuid& session = core.sessions_.get(peer.index)->id;
  if (!commons.is_new(session, question.attempt)) {
    if (const auto said = commons.answer_again(session, question.attempt))
      core.tell(peer, question, wire::pack(*said));
    return;
  }
  if (const auto fault = commons.fault_of(session, *wish)) {
    core.refuse_question(peer, question, *fault);
    return;
  }
  carry_out({.session = raw(session), .number = question.attempt, .wish = std::move(*wish)});
}

void Core::Sharing::end(const wire::Uuid& session, bool gone) {
  if (!commons.has(session)) return;
  const auto what = gone ? CommonsEvent::gone : CommonsEvent::left;
  carry_out({.what = what, .session = raw(session)});
}

void Core::Sharing::end_absent() {
  for (const wire::Uuid& session : commons.sessions()) {
    if (core.sessions_.get(core.sessions_.find(session)) == nullptr) end(session, true);
  }
}

void Core::Sharing::carry_out(CommonsEvent event) {
  events.push_back(wire::pack(event));
  for (const Commons::Answer& answer : commons.apply(event)) {
    ClientSession* session = core.sessions_.get(core.sessions_.find(answer.session));
    if (session == nullptr || session->peer == nullptr) continue;  // it asks again when it is back
    wire::Record question;
    question.attempt = answer.wish;
    core.tell(*session->peer, question, wire::pack(answer.said));
    core.touch(*session->peer);
  }
}

json Core::Sharing::status() const {
  json locks = json::array();
  for (const Commons::LockRow& row : commons.lock_rows()) {
    const ClientSession* holder = core.sessions_.get(core.sessions_.find(*row.holder));
    locks.push_back({{"name", row.name},
                     {"session", row.holder->hex().substr(0, 8)},
                     {"pid", holder == nullptr ? 0 : holder->pid},
                     {"host", holder == nullptr ? "" : holder->host},
                     {"waiting", row.waiting}});
  }
  json queues = json::array();
  for (const Commons::QueueRow& row : commons.queue_rows()) {
    queues.push_back({{"name", row.name},
                      {"items", row.items},
                      {"bytes", row.bytes},
                      {"putting", row.putting},
                      {"taking", row.taking}});
  }
  return {{"locks", locks}, {"queues", queues}, {"counters", commons.counters()}};
}

}  // namespace muster::controller
