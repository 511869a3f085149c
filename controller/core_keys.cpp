// Tasks that their users have named (ViewOptions::key): the same name again, from whichever
// program, is the same task while the controller knows how that ends or has ended, or the history's
// file does (rule 9). While the file is asked the new task waits, as it does for bound values.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/core.hpp"
#include "controller/keeping.hpp"

namespace muster::controller {
namespace {

bool has_value(const Kept& kept) {
  return kept.kind == static_cast<std::uint8_t>(wire::OutcomeKind::value);
}

std::string why_reused(const std::string& key, const wire::Uuid& session, std::uint64_t counter) {
  return "the key \"" + key + "\" is that of another call (" + session.hex().substr(0, 8) + "-" +
         std::to_string(counter) +
         "), with another function or other arguments: give each its own key, or purge that one "
         "when it has ended (muster purge, Client::purge)";
}

}  // namespace

Core::Keeping::Named Core::Keeping::named(Core& core, const ClientSession& session,
                                          std::uint64_t counter, const wire::TaskOptions& task,
                                          bool may_be_held) {
  const auto original_of = [](const TaskKeys::Holder& holder) {
    return wire::StandIn{holder.session, holder.counter, wire::StandIn::result};
  };
  const auto is_known = [&](const TaskKeys::Holder& holder) {
    const wire::StandIn original = original_of(holder);
    const Kept* const kept = find(core, original).second;
    return kept == nullptr ? core.why_not(original).empty() : has_value(*kept);
  };
  TaskKeys& keys = core.keeping_->keys;
  const TaskKeys::Holder* const holder = keys.find(task.key);
  if (holder == nullptr || !is_known(*holder)) {
    keys.give(task.key, {wire::first_bits(session.id), counter, task.call}, is_known);
    return {.asks_file = core.config_.history_file && !may_be_held};
  }
  if (may_be_held) return {};
  if (holder->call != task.call)
    return {.reused = why_reused(task.key, recalled_session(holder->session), holder->counter)};
  return {.original = original_of(*holder)};
}

void Core::Keeping::ask_for_key(Core& core, const Peer& peer, std::uint64_t counter,
                                const std::string& key) {
  HistoryAsk& ask = core.history_asks_.emplace_back();
  ask.key = key;
  AwaitedHistory& awaited = core.await_history(peer, {}, ask, {});
  awaited.session = peer.index;
  awaited.counter = counter;
}

/// The file has one of that name, and the task that waits for this gets its outcome; or it runs.
void Core::Keeping::take_named(Core& core, const AwaitedHistory& asked, HistoryAnswer answer) {
  ClientSession* const session = core.sessions_.get(asked.session);
  if (session == nullptr) return;
  const TaskRef ref = session->find(asked.counter);
  if (ref >= ClientSession::unseen) return;  // cancelled meanwhile
  Task& task = core.scheduler_[ref];
  if (!task.history || !task.history->asks_file) return;
  const wire::TaskOptions& wanted = task.history->options;
  std::optional<wire::TaskOptions> known;
  wire::StandIn original{answer.session, 0, wire::StandIn::result};
  if (answer.recalled && has_value(answer.recalled->kept)) {
    known = wire::unpack<wire::TaskOptions>(answer.recalled->kept.options.bytes());
    original.counter = answer.recalled->first;
    take_recalled(core, answer.session, *std::move(answer.recalled));
  }
  const Kept* const kept = known ? find(core, original).second : nullptr;
  if (kept == nullptr) {
    core.scheduler_.name_is_free(ref);
    core.place_due_ = true;
    return;
  }
  core.keeping_->keys.give(wanted.key, {original.session, original.counter, known->call},
                           [](const TaskKeys::Holder&) { return true; });
  if (known->call != wanted.call) {
    const wire::Uuid name = recalled_session(original.session);
    const std::string why = why_reused(wanted.key, name, original.counter);
    return core.settle_without_value(ref, wire::OutcomeKind::reused, why);
  }
  // To others of that name, which stand for this one, it was said that they follow it.
  std::vector<StandIn> those{{asked.session, asked.counter}};
  const auto more = core.keeping_->stand_ins.find({asked.session, asked.counter});
  if (more != core.keeping_->stand_ins.end())
    those.insert(those.end(), more->second.begin(), more->second.end());
  for (const StandIn& one : those) {
    ClientSession* const whose = core.sessions_.get(one.session);
    if (whose == nullptr) continue;
    if (kept->process != none) core.declare_once(*whose, kept->process);
    whose->lane.append(wire::Header{.kind = wire::Kind::follows, .counter = one.counter},
                       wire::pack(original).bytes(), {});
  }
  const wire::Header how{.flags = kept->kind, .starts = kept->starts, .code = kept->process};
  core.settle_stand_ins(task, how, kept->times.bytes(), kept->value.bytes(), kept->large_value);
  task.history->stands_in = true;
  --core.counts_.submitted;
  core.settle_first(ref, how, kept->times.bytes(), kept->value.bytes(), kept->large_value);
}

std::size_t Core::Keeping::behind_file(const Core& core, SessionRef session) {
  const auto& awaited = core.keeping_->awaited;
  return static_cast<std::size_t>(
      std::count_if(awaited.begin(), awaited.end(),
                    [&](const auto& each) { return each.second.session == session; }));
}

}  // namespace muster::controller
