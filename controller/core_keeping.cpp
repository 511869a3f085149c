// Sessions that outlive their clients (Client::session): their tasks go on when the client has left
// or died, and the outcomes of all their tasks are kept beside what the client gets, for whoever
// attaches to them or asks for a result by its task's id.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/core.hpp"
#include "controller/core_commons.hpp"
#include "controller/keeping.hpp"
#include "protocol/item_row.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;

/// Arguments that a call on several engines has shared, which their client forgets when the last of
/// these tasks has ended: each that is kept has them for itself, as if they had come with it.
void take_shared_arguments(const ClientSession& session, const wire::TaskOptions& options,
                           Kept& kept) {
  const wire::LargeBodyPtr shared = session.values.find(options.arguments);
  if (!shared) return;
  wire::TaskOptions own = options;
  own.arguments.clear();
  own.values.clear();
  for (const std::string_view name : wire::names_in(options.values)) {
    if (name != options.arguments) own.values += name;
  }
  kept.options = own == wire::TaskOptions{} ? detail::Buffer() : wire::pack(own);
  if (shared->size() > wire::inline_body_max) {
    kept.large_arguments = shared;
    return;
  }
  for (const wire::SharedBytes& piece : shared->pieces())
    kept.arguments.append(piece.bytes());
}

/// Those that its options name, if they are here and not too large.
std::vector<wire::LargeBodyPtr> values_to_keep(const ClientSession& session, const Kept& kept,
                                               const KeptOutcomes& outcomes) {
  std::vector<wire::LargeBodyPtr> values;
  const auto options = wire::unpack<wire::TaskOptions>(kept.options.bytes());
  if (!options) return values;
  std::size_t bytes = 0;
  for (const std::string_view name : wire::names_in(options->values)) {
    const wire::LargeBodyPtr value = session.values.find(name);
    if (!value) return {};
    bytes += value->size();
    values.push_back(value);
  }
  if (!outcomes.keeps_values(bytes)) values.clear();
  return values;
}

}  // namespace

Core::~Core() = default;

void Core::keep_session(Peer& peer, const wire::Record& question) {
  sessions_.get(peer.index)->kept = true;
  tell(peer, question, {});
}

std::shared_ptr<Kept> Core::Keeping::submitted(const Core& core, const ClientSession& session,
                                               const Task& task, std::uint64_t first,
                                               std::uint32_t count) {
  const auto kept = std::make_shared<Kept>();
  kept->count = count;
  kept->code = task.code;
  kept->options = detail::Buffer::copy_of(task.payload.options());
  if (task.history) {
    kept->large_arguments = task.history->body;
    kept->lacks_arguments = task.history->lacks_arguments;
  }
  if (!task.payload.is_row()) {
    kept->arguments = detail::Buffer::copy_of(task.payload.body());
  } else {
    kept->arguments = wire::part_of_row(task.payload.body(), task.payload.index_of(first), count);
  }
  if (task.history && !task.history->options.arguments.empty()) {
    kept->arguments = {};
    take_shared_arguments(session, task.history->options, *kept);
  }
  if (task.history && !task.history->options.values.empty())
    kept->values = values_to_keep(session, *kept, core.keeping_->outcomes);
  return kept;
}

/// Tasks of before the session was kept have their outcomes with their client only.
void Core::keep_ended(const ClientSession& session, const Task& task, const Header& how,
                      wire::Bytes options, wire::Bytes body, const wire::LargeBodyPtr& large) {
  const auto kept = Keeping::submitted(*this, session, task, task.counter, how.count);
  kept->kind = how.flags;
  kept->starts = how.starts;
  kept->process = how.code;
  kept->times = detail::Buffer::copy_of(options);
  kept->large_value = large;
  if (!large) kept->value = detail::Buffer::copy_of(body);
  if (config_.history_file) keeping_->news.push_back({task.session, task.counter, kept});
  keeping_->outcomes.add(session.id, task.counter, kept);
}

/// Its client has left for good. What arrives of it now only its keepers get.
void Core::detach_session(SessionRef ref, std::string_view reason) {
  ClientSession& session = *sessions_.get(ref);
  if (std::exchange(session.detached, true)) return;
  note("session " + session.id.hex().substr(0, 8) + " of " + session.program +
       " goes on without its client, with " + std::to_string(session.open()) +
       " open tasks: " + std::string(reason));
  session.lane = wire::Lane(wire::Lane::Keep::until_applied, wire::Lane::Send::in_window);
  session.connection_ended = false;
  sharing_->end(session.id, true);
  outcomes_changed(ref);
  values_due_ = true;
  // Of a large body that was on its way nobody has the rest.
  for (const TaskRef task : session.open_tasks()) {
    const bool lacks_values =
        scheduler_[task].lacks_values() && scheduler_[task].state == Task::State::arriving;
    if (!scheduler_[task].body_missing && !lacks_values) continue;
    settle_without_value(task, wire::OutcomeKind::lost,
                         "its client left before its arguments had arrived");
  }
}

/// It was silent for so long that it had been given up. What it has missed is said to it now.
void Core::come_back(ClientSession& session, std::uint64_t watermark) {
  if (!std::exchange(session.detached, false)) return;
  for (std::uint64_t counter = std::max(watermark, session.base()); counter < session.end();) {
    if (session.find(counter) != ClientSession::settled) {
      ++counter;
      continue;
    }
    const auto found = keeping_->outcomes.find(session.id, counter);
    if (found.kept == nullptr) {
      session.lane.append(Header{.kind = Kind::settled, .counter = counter});
      ++counter;
      continue;
    }
    if (found.kept->process != none) declare_once(session, found.kept->process);
    const Header header{.kind = Kind::outcome,
                        .flags = found.kept->kind,
                        .starts = found.kept->starts,
                        .counter = found.first,
                        .count = found.kept->count,
                        .code = found.kept->process};
    if (found.kept->large_value) {
      session.lane.append_streaming(header, found.kept->times.bytes(), found.kept->large_value);
    } else {
      session.lane.append(header, found.kept->times.bytes(), found.kept->value.bytes());
    }
    counter = found.first + found.kept->count;
  }
}

void Core::forget_kept(SessionRef ref) {
  const ClientSession& session = *sessions_.get(ref);
  if (session.kept) keeping_->outcomes.forget(session.id);
}

void Core::tell_attached(Peer& peer, const wire::Record& question) {
  const auto name = wire::unpack<wire::SessionName>(question.body);
  if (name &&
      Keeping::postpone(*this, peer, question, wire::first_bits(wire::uuid_of(name->session)))) {
    return;
  }
  const ClientSession* session =
      name ? sessions_.get(sessions_.find(wire::uuid_of(name->session))) : nullptr;
  if (session == nullptr || !session->kept) {
    refuse_question(peer, question,
                    "the controller has no such session: it was kept for a day after its client "
                    "had left, and the controller was not started again since");
    return;
  }
  tell(peer, question,
       wire::pack(wire::SessionState{.connected = session->peer != nullptr,
                                     .pid = session->pid,
                                     .host = session->host,
                                     .program = session->program,
                                     .open = session->open()}));
}

}  // namespace muster::controller
