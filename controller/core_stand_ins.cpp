// Tasks that stand for others: one that gets the outcome of another session's task (get_result), or
// does again what that one did (resubmit). To its client each is a task like any other. And what
// else programs and people do with tasks by their ids: cancel them, have them forgotten.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "controller/core.hpp"
#include "controller/keeping.hpp"
#include "protocol/item_row.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/recorded_task.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;
using wire::OutcomeKind;
using wire::StandIn;

/// Whether one with these arguments can run again, here or elsewhere; empty when it can.
std::string why_not_repeated(const StandIn& wanted, const Kept& kept) {
  if (wanted.what != StandIn::result && !kept.options.empty()) {
    const auto task = wire::unpack<wire::TaskOptions>(kept.options.bytes());
    if (task && wire::names_in(task->values).size() != kept.values.size())
      return "it names bound values (muster::same, bind_front, a pool's initializer) that aren't "
             "kept: they are too large, or the controller was started again since: submit it anew";
  }
  if (wanted.what != StandIn::result && kept.lacks_arguments) {
    return "it never started, for some of its arguments were to be the values of tasks that have "
           "none: look at the task that its error names, and submit this one anew";
  }
  return "";
}

/// As wire::RecordedTask says.
wire::LargeBodyPtr with_values(const Kept& kept, wire::Bytes arguments) {
  const auto all = std::make_shared<wire::LargeBody>();
  const auto add = [&](const wire::LargeBody& body) {
    for (const wire::SharedBytes& piece : body.pieces())
      all->add(piece);
  };
  if (kept.large_arguments) {
    add(*kept.large_arguments);
  } else {
    all->add(wire::SharedBytes::of(detail::Buffer::copy_of(arguments)));
  }
  for (const wire::LargeBodyPtr& value : kept.values)
    add(*value);
  return all;
}

}  // namespace

bool Core::apply_stand_in(Peer& peer, const wire::Record& record) {
  ClientSession& session = *sessions_.get(peer.index);
  const auto wanted = wire::unpack<StandIn>(record.options);
  if (!wanted) return false;
  touch(peer);
  const TaskRef there = session.find(record.counter);
  if (there == ClientSession::settled)
    session.lane.append(Header{.kind = Kind::settled, .counter = record.counter});
  if (there != ClientSession::unseen) return true;
  const bool again = (record.flags & wire::said_before) != 0;
  if (record.counter >= (again ? session.limit() : session.credit())) return false;
  // What is to run again had ended: the file may have it, and its session brings nothing of it. An
  // engine may hold this one, so it has to be here before its client has said all.
  const bool may_come = wanted->what != StandIn::again;
  if (!Keeping::find(*this, *wanted).second &&
      ((may_come && Keeping::postpone(*this, peer, record, wanted->session)) ||
       (again && Keeping::recall_repeated(*this, peer, record, *wanted)))) {
    return true;
  }
  stand_in(peer.index, record, *wanted);
  return true;
}

/// What is said first of a session that is kept, or of one that isn't: its reference, if it is the
/// only one that begins so.
SessionRef Core::session_of(std::uint32_t bits) const {
  SessionRef found = none;
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr || wire::first_bits(session->id) != bits) continue;
    if (found != none) return none;
    found = ref;
  }
  return found;
}

/// Empty when it can be stood for.
std::string Core::why_not(const StandIn& wanted) const {
  if (const Kept* const kept = Keeping::find(*this, wanted).second)
    return why_not_repeated(wanted, *kept);
  const ClientSession* session = sessions_.get(session_of(wanted.session));
  if (session == nullptr)
    return "the controller has no such session any more, if it ever had: see muster history";
  if (!session->kept) {
    return "only its own program has the results of that task: others have them when it has asked "
           "for a handle of its session before (Client::session)";
  }
  const TaskRef ref = session->find(wanted.counter);
  if (ref == ClientSession::unseen || wanted.counter == 0)
    return "there is no such task; one that was submitted a moment ago may not have arrived yet";
  if (ref != ClientSession::settled) {
    const Task& task = scheduler_[ref];
    if (task.history && task.history->stands_in) return "it only stands for another task's result";
    if (wanted.what == StandIn::result) return "";
    if (wanted.what == StandIn::arguments)
      return "the task has not ended: wait for it, or cancel it first";
    if (task.body_missing || task.lacks_values())
      return "its arguments are still on their way: try again in a moment";
    if (task.is_held_back())
      return "it waits for other tasks, and has not begun: wait for it, or submit another like it";
    return why_not_repeated(wanted, *Keeping::submitted(*this, *session, task, wanted.counter, 1));
  }
  return "its result is not kept: it was purged, or pushed out by later ones, or it ended before "
         "its program asked for the handle of its session";
}

/// Can it be stood for? And of one whose arguments are wanted: what was it to do?
void Core::apply_look(Peer& peer, const wire::Record& question) {
  const auto wanted = wire::unpack<StandIn>(question.body);
  const bool to_be_told = static_cast<wire::Topic>(question.code) == wire::Topic::recorded;
  if (!wanted || to_be_told != (wanted->what == StandIn::arguments))
    return refuse_question(peer, question, "this names no task");
  if (!Keeping::find(*this, *wanted).second &&
      Keeping::postpone(*this, peer, question, wanted->session)) {
    return;
  }
  if (!Keeping::recall(*this, peer, question, *wanted)) tell_of(peer, question, *wanted);
}

/// Its arguments come as the outcome of a task that stands in, since they may be large.
void Core::tell_of(Peer& peer, const wire::Record& question, const StandIn& wanted) {
  const std::string why = why_not(wanted);
  if (!why.empty()) return refuse_question(peer, question, why);
  if (wanted.what != StandIn::arguments) return tell(peer, question, {});
  const ClientSession* const session = sessions_.get(session_of(wanted.session));
  const Kept& kept = *Keeping::find(*this, wanted).second;
  const CodeName& code = fleet_.codes[kept.code];
  const Image& image = fleet_.images[code.image];
  wire::RecordedTask task{.entry = code.entry,
                          .image = raw(image.digest),
                          .path = image.path,
                          .host = session ? session->host : keeping_->recalled[wanted.session],
                          .attempt = std::max<std::uint32_t>(kept.starts, 1)};
  if (const auto options = wire::unpack<wire::TaskOptions>(kept.options.bytes())) {
    task.values = options->values;
    task.initializer = options->initializer;
    task.shared = options->shared;
  }
  for (const wire::LargeBodyPtr& value : kept.values)
    task.value_bytes.push_back(value->size());
  if (kept.process != none)
    task.engine = static_cast<std::int32_t>(Keeping::process_name(*this, kept.process).engine);
  tell(peer, question, wire::pack(task));
}

void Core::stand_in(SessionRef ref, const Header& said, StandIn wanted) {
  ClientSession& session = *sessions_.get(ref);
  const std::uint64_t counter = said.counter;
  if (wanted.what == StandIn::followed) {
    wanted.what = StandIn::result;
    if (!why_not(wanted).empty()) return ask_again(session, counter, 1);
  }
  session.submitted.note(counter, wire::nanoseconds_of(submitted_at(said, latest_)));
  const auto settle_at_once = [&](const Header& how, wire::Bytes options, wire::Bytes body,
                                  const wire::LargeBodyPtr& large) {
    if (how.code != none) declare_once(session, how.code);
    Header header = how;
    header.kind = Kind::outcome;
    header.counter = counter;
    session.open_task(counter, 0);
    const EngineRef engine =
        how.code == none ? none : Keeping::process_name(*this, how.code).engine;
    session.settle(counter, 1, static_cast<OutcomeKind>(how.flags), engine);
    if (large) {
      session.lane.append_streaming(header, options, large);
    } else {
      session.lane.append(header, options, body);
    }
    outcomes_changed(ref);
  };
  if (std::string why = why_not(wanted); !why.empty()) {
    if (wanted.what == StandIn::again && (said.flags & wire::said_before) != 0) {
      why =
          "it was to run again, and what it needs for that was in the memory of a controller that "
          "has ended: with its history in a file (muster start --db FILE) it would have gone on";
    }
    const detail::Buffer body = wire::pack(wire::Ending{why, {}});
    settle_at_once(Header{.flags = static_cast<std::uint8_t>(OutcomeKind::lost), .code = none}, {},
                   body.bytes(), nullptr);
    return;
  }
  const auto [first, kept] = Keeping::find(*this, wanted);
  if (kept == nullptr) {
    // It is open, else there had been a reason.
    const SessionRef whose = session_of(wanted.session);
    const ClientSession& original = *sessions_.get(whose);
    const TaskRef open = original.find(wanted.counter);
    if (wanted.what == StandIn::again) {
      const auto work = Keeping::submitted(*this, original, scheduler_[open], wanted.counter, 1);
      return submit_again(ref, said, *work, work->arguments.bytes());
    }
    auto history = std::make_unique<TaskHistory>();
    history->stands_in = true;
    const CodeRef code = scheduler_[open].code;
    const TaskRef task = scheduler_.submit_arriving(ref, counter, code, fleet_.codes[code].image,
                                                    Payload(), std::move(history));
    session.open_task(counter, task);
    keeping_->stand_ins[{whose, wanted.counter}].push_back({ref, counter});
    keeping_->originals[{ref, counter}] = {whose, wanted.counter};
    return;
  }
  const auto place = static_cast<std::uint32_t>(wanted.counter - first);
  if (wanted.what == StandIn::result) {
    const Header how{.flags = kept->kind, .starts = kept->starts, .code = kept->process};
    const detail::Buffer item =
        kept->count > 1 ? wire::part_of_row(kept->value.bytes(), place, 1) : detail::Buffer();
    settle_at_once(how, kept->times.bytes(), kept->count > 1 ? item.bytes() : kept->value.bytes(),
                   kept->large_value);
    return;
  }
  const detail::Buffer arguments = kept->count > 1
                                       ? wire::part_of_row(kept->arguments.bytes(), place, 1)
                                       : detail::Buffer::copy_of(kept->arguments.bytes());
  if (wanted.what == StandIn::arguments) {
    const Header how{.flags = static_cast<std::uint8_t>(OutcomeKind::value),
                     .starts = kept->starts,
                     .code = kept->process};
    if (kept->values.empty()) {
      settle_at_once(how, kept->times.bytes(), arguments.bytes(), kept->large_arguments);
    } else {
      const wire::LargeBodyPtr all = with_values(*kept, arguments.bytes());
      if (all->size() > wire::inline_body_max) {
        settle_at_once(how, kept->times.bytes(), {}, all);
      } else {
        settle_at_once(how, kept->times.bytes(), all->copy_of(0, all->size()).bytes(), nullptr);
      }
    }
    return;
  }
  submit_again(ref, said, *kept, arguments.bytes());
}

/// What that one did, as a new task; or as one that an engine may hold (rule 7).
void Core::submit_again(SessionRef ref, const Header& said, const Kept& kept,
                        wire::Bytes arguments) {
  ClientSession& session = *sessions_.get(ref);
  const std::uint64_t counter = said.counter;
  const bool again = (said.flags & wire::said_before) != 0;
  const bool parked = again && (session.resending || !recovery_.over());
  Keeping::offer_recalled(*this, fleet_.codes[kept.code].image);
  std::unique_ptr<TaskHistory> history;
  if (!kept.options.empty()) history = read_options(kept.options.bytes());
  const wire::LargeBodyPtr large = kept.large_arguments;
  const CodeRef code = kept.code;
  if ((large || parked) && !history) history = std::make_unique<TaskHistory>();
  if (!kept.values.empty()) {
    history->runs_again = true;
    const std::vector<std::string_view> names = wire::names_in(history->options.values);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string name(names[i]);
      if (session.values.lend(name)) value_is_whole(ref, name, kept.values[i]);
    }
  }
  if (history) history->submitted = submitted_at(said, latest_);
  Payload payload(scheduler_.arena(), kept.options.bytes(), arguments, counter);
  TaskRef task = none;
  if (large || parked) {
    task = scheduler_.submit_arriving(ref, counter, code, fleet_.codes[code].image,
                                      std::move(payload), std::move(history));
    scheduler_[task].parked = parked;
    if (large) scheduler_.body_is_whole(task, large);
  } else {
    task = scheduler_.submit(ref, counter, code, fleet_.codes[code].image, std::move(payload),
                             std::move(history));
  }
  session.open_task(counter, task);
  ++counts_.submitted;
  place_due_ = true;
  if (scheduler_[task].history) watch_limits(task, submitted_at(said, latest_));
  if (!parked && !target_exists(scheduler_[task]))
    settle_without_value(task, OutcomeKind::engine_lost, "there is no engine of that number");
}

/// The original has ended, or these neighbours have.
void Core::settle_stand_ins(const Task& task, const Header& how, wire::Bytes options,
                            wire::Bytes body, const wire::LargeBodyPtr& large) {
  const SessionRef whose = task.session;
  const std::uint64_t first = task.counter;
  auto& stand_ins = keeping_->stand_ins;
  auto waiting = stand_ins.lower_bound({whose, first});
  while (waiting != stand_ins.end() && waiting->first.first == whose &&
         waiting->first.second < first + how.count) {
    const auto place = static_cast<std::uint32_t>(waiting->first.second - first);
    const std::vector<Keeping::StandIn> those = std::move(waiting->second);
    waiting = stand_ins.erase(waiting);
    const detail::Buffer item =
        how.count > 1 ? wire::part_of_row(body, place, 1) : detail::Buffer();
    for (const Keeping::StandIn& one : those) {
      keeping_->originals.erase({one.session, one.counter});
      ClientSession* asker = sessions_.get(one.session);
      if (asker == nullptr) continue;
      const TaskRef ref = asker->find(one.counter);
      if (ref >= ClientSession::unseen) continue;
      if (how.code != none) declare_once(*asker, how.code);
      Header same = how;
      same.count = 1;
      settle_first(ref, same, options, how.count > 1 ? item.bytes() : body, large);
    }
  }
}

void Core::wish_original(SessionRef session, std::uint64_t counter) {
  const auto found = keeping_->originals.find({session, counter});
  if (found == keeping_->originals.end()) return;
  const auto original = found->second;  // it may settle, and be forgotten, in this
  wish_of(original.first, original.second);
}

/// Returns what the wish meets: a CancelAnswer, or CancelsMet::unknown.
std::uint8_t Core::wish_of(SessionRef ref, std::uint64_t counter) {
  const ClientSession* session = sessions_.get(ref);
  const TaskRef task = session == nullptr ? ClientSession::unseen : session->find(counter);
  if (task == ClientSession::unseen || counter == 0) return wire::CancelsMet::unknown;
  if (task == ClientSession::settled)
    return static_cast<std::uint8_t>(wire::CancelAnswer::finished);
  const Task::State state = scheduler_[task].state;
  const bool waits = state == Task::State::waiting || state == Task::State::arriving;
  const bool started = !waits || scheduler_[task].parked;
  apply_wish(ref, counter);
  return static_cast<std::uint8_t>(started ? wire::CancelAnswer::running
                                           : wire::CancelAnswer::returned);
}

void Core::cancel_named(Peer& peer, const wire::Record& question) {
  const auto names = wire::unpack<wire::TaskNames>(question.body);
  if (!names || names->sessions.size() != names->counters.size()) {
    refuse_question(peer, question, "this names no tasks");
    return;
  }
  wire::CancelsMet met;
  for (std::size_t i = 0; i < names->sessions.size(); ++i)
    met.met.push_back(wish_of(session_of(names->sessions[i]), names->counters[i]));
  tell(peer, question, wire::pack(met));
}

/// What has ended is forgotten, all of it or what is named: its record, and its outcome.
void Core::purge(Peer& peer, const wire::Record& question) {
  const auto names = wire::unpack<wire::TaskNames>(question.body);
  if (!names || names->sessions.size() != names->counters.size()) {
    refuse_question(peer, question, "this names no tasks");
    return;
  }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> wanted;
  for (std::size_t i = 0; i < names->sessions.size(); ++i) {
    const ClientSession* session = sessions_.get(session_of(names->sessions[i]));
    if (session != nullptr && session->find(names->counters[i]) < ClientSession::unseen) {
      return refuse_question(peer, question,
                             session->name_of(names->counters[i]) +
                                 " has not ended: nothing was purged; wait for it, or cancel it "
                                 "first");
    }
    wanted.emplace_back(names->sessions[i], names->counters[i]);
  }
  std::sort(wanted.begin(), wanted.end());
  keeping_->forget_recalled(*names);
  wire::Purged purged;
  for (std::uint64_t number = history_.begin(); number < history_.end(); ++number) {
    const History::Ended& ended = history_[number];
    const ClientSession* session = sessions_.get(ended.session);
    const History::Submitter* gone = history_.submitter(ended.session);
    if (session == nullptr && gone == nullptr) continue;
    const wire::Uuid& id = session ? session->id : gone->id;
    const auto first = std::lower_bound(wanted.begin(), wanted.end(),
                                        std::pair(wire::first_bits(id), ended.counter));
    const bool named = first != wanted.end() && first->first == wire::first_bits(id) &&
                       first->second < ended.counter + ended.count;
    if (!wanted.empty() && !named) continue;
    keeping_->outcomes.remove(id, ended.counter);
    purged.tasks += ended.count;
    history_.forget(number);
  }
  if (config_.history_file) {
    // The file knows all of them.
    HistoryAsk& ask = history_asks_.emplace_back();
    ask.purge = true;
    ask.names = *names;
    await_history(peer, question, ask, {});
    return;
  }
  tell(peer, question, wire::pack(purged));
}

}  // namespace muster::controller
