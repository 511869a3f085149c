// Clients' sessions: how one begins, what it is told, and when it is given up (rules 9, 24 and 29).

#include <algorithm>
#include <chrono>
#include <utility>

#include "controller/core.hpp"
#include "controller/core_commons.hpp"
#include "controller/keeping.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;

/// A client whose connection has ended may be reconnecting; its tasks are kept for this long.
constexpr std::chrono::milliseconds reconnect_wait{2500};
/// A client that is only silent is detached, not dead (rule 29).
constexpr std::chrono::seconds silence_max{60};
/// A session that outlives its client does so for this long (rule 23).
constexpr std::chrono::hours kept_max{24};

}  // namespace

void Core::greet_client(RouteId route, wire::Hello hello, Instant now) {
  const wire::Uuid id = wire::uuid_of(hello.peer);
  const ImageRef image = fleet_.image(wire::digest_of(hello.image));
  SessionRef ref = sessions_.find(id);
  const bool known = ref != none;
  if (!known) {
    ref = sessions_.add(id, image);
    sessions_.get(ref)->advance(hello.watermark);
    sessions_.get(ref)->from_before = sessions_.get(ref)->resending = !hello.fresh;
  }
  ClientSession& session = *sessions_.get(ref);
  if (session.peer != nullptr) end_link(*session.peer, "its client opened a new link", false, now);
  session.pid = hello.pid;
  session.host = hello.host;
  session.program = hello.program;
  session.connection_ended = false;
  fleet_.images[image].pid = hello.pid;
  fleet_.images[image].path = hello.program;

  Peer& peer = open_link(route, std::move(hello), wire::Role::client, now);
  peer.index = ref;
  peer.task = &session.lane;
  session.peer = &peer;
  counts_.sent_again += session.lane.kept();
  session.lane.open(peer.link);
  for (const std::uint32_t process : session.processes_declared)
    declare_process(session, process, true);
  session.credit_said = session.credit();
  wire::Welcome answer;
  answer.known = known;
  answer.credit_counter = session.credit_said;
  answer.cluster_engines = connected_engines();
  welcome(peer, answer, now);
  note_libraries(image, peer.hello);
  note_parts(image, peer.hello.parts, peer.hello.pid);
  come_back(session, peer.hello.watermark);
  if (known) list_open_tasks(session);
  for (Node& node : fleet_.nodes)
    offer(node, image);
}

/// What this controller holds of the session, after the outcomes that its lane sends again.
void Core::list_open_tasks(ClientSession& session) {
  list_values(session);
  wire::Inventory inventory;
  const auto say = [&](bool last) {
    const detail::Buffer body = wire::pack(inventory);
    session.lane.append(
        Header{.kind = Kind::inventory, .flags = last, .attempt = session.lane.link()}, {},
        body.bytes());
    inventory = {};
  };
  constexpr std::size_t runs_per_record = 4096;
  for (const TaskRef ref : session.open_tasks()) {
    const Task& task = scheduler_[ref];
    if (task.body_missing) continue;
    if (!inventory.first.empty() &&
        inventory.first.back() + inventory.count.back() == task.counter) {
      inventory.count.back() += task.count;
      continue;
    }
    if (inventory.first.size() == runs_per_record) say(false);
    inventory.first.push_back(task.counter);
    inventory.count.push_back(task.count);
  }
  say(true);
}

void Core::grant_credit(ClientSession& session) {
  const std::uint64_t credit = session.credit();
  // Said in steps, so that it costs nothing per task; the step is far below what is granted.
  constexpr std::uint64_t step = 4096;
  if (credit < session.credit_said + step) return;
  session.credit_said = credit;
  const detail::Buffer body = wire::pack(wire::Credit{credit});
  session.lane.append(Header{.kind = Kind::credit}, {}, body.bytes());
}

/// Items of the session that no engine has.
std::size_t Core::waiting(const ClientSession& session, SessionRef ref) const {
  std::size_t anywhere = scheduler_.waiting(ref, session.image);
  for (const ImageRef module : session.modules)
    anywhere += scheduler_.waiting(ref, module);
  return anywhere + scheduler_.waiting_for_engines(ref) + parked(session) + session.behind_gates +
         behind_values(session) + Keeping::behind_file(*this, ref);
}

std::string Core::wait_reason(const ClientSession& session, SessionRef ref) const {
  if (parked(session) > 0) return "recovering";
  ImageRef image = session.image;  // of tasks that wait to run anywhere
  for (const ImageRef module : session.modules) {
    if (scheduler_.waiting(ref, image) == 0) image = module;
  }
  const bool anywhere = scheduler_.waiting(ref, image) > 0;
  if (!anywhere && scheduler_.waiting_for_engines(ref) == 0)
    return session.behind_gates > 0               ? "dependency"
           : behind_values(session) > 0           ? "value"
           : Keeping::behind_file(*this, ref) > 0 ? "history"
                                                  : "";
  const bool any = std::any_of(fleet_.processes.begin(), fleet_.processes.end(), [](const auto& p) {
    return p && p->state == Process::State::ready;
  });
  if (!any) return "no engines";
  if (connected_engines() == 0 && !draining_.empty()) return "draining";
  if (engines_ready() == 0 && scheduler_.engines(image) > 0) return "silent";
  if (outcomes_.over(ref)) return "results";
  if (!anywhere) {
    const wire::Resources missing = missing_resources(ref);
    return missing.empty() ? "target" : std::string(wire::needs_word) + missing.list();
  }
  return scheduler_.engines(image) == 0 ? "image" : "credit";
}

/// What some task of the session needs and no engine has that is there; of tasks that need just
/// these, if they are given.
wire::Resources Core::missing_resources(SessionRef session, const wire::Resources* of) const {
  for (const Scheduler::Places& places : scheduler_.restrictions()) {
    if (of != nullptr && places.needs != *of) continue;
    if (places.needs.empty() || scheduler_.waiting(places, session) == 0) continue;
    const std::span<const EngineRef> members = scheduler_.members(places);
    const bool there = std::any_of(members.begin(), members.end(), [this](EngineRef engine) {
      return engine < fleet_.engines.size() &&
             fleet_.nodes[fleet_.engines[engine].node].peer != nullptr && !is_draining(engine);
    });
    if (!there) return places.needs;
  }
  return {};
}

/// Tasks that an engine may hold which hasn't said so yet. Looked for only while there can be any.
std::size_t Core::parked(const ClientSession& session) const {
  if (recovery_.over() && !session.resending) return 0;
  std::size_t items = 0;
  for (const TaskRef task : session.open_tasks()) {
    if (scheduler_[task].parked) items += scheduler_[task].count;
  }
  return items;
}

void Core::drop_silent_sessions(Instant now) {
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr || session->peer != nullptr) continue;
    const auto silence = now - session->silent_since;
    // From another host it may be cut off only, and still believe that it has its lock.
    const bool ended = session->connection_ended &&
                       (session->host == config_.host || !sharing_->holds_a_lock(session->id));
    const bool gone = ended && silence > reconnect_wait;
    const char* reason = gone ? "its client has left" : "silent";
    if (session->kept) {
      if (gone || silence > silence_max) detach_session(ref, reason);
      if (silence > kept_max && session->open() == 0) drop_session(ref, "nobody came back for it");
    } else if (gone || silence > silence_max) {
      drop_session(ref, reason);
    }
  }
  if (now - started_ > wire::dead_after + silence_max) sharing_->end_absent();
}

/// Nobody will take these outcomes: waiting tasks are forgotten, held ones given back or stopped.
void Core::drop_session(SessionRef ref, std::string_view reason) {
  ClientSession& session = *sessions_.get(ref);
  note("session " + session.id.hex().substr(0, 8) + " of " + session.program + " is dropped with " +
       std::to_string(session.open()) + " open tasks: " + std::string(reason));
  for (const TaskRef task : session.open_tasks()) {
    order_stop(scheduler_[task]);
    scheduler_.release(task);
  }
  sharing_->end(session.id, true);
  drop_unclaimed(session.id);
  if (clients_awaited_) clients_gone_.insert(session.id);
  std::vector<ImageRef> images = session.modules;
  images.push_back(session.image);
  forget_kept(ref);
  remember_submitter(ref);
  sessions_.remove(ref);
  outcomes_changed_.push_back(ref);
  scheduler_.unblock(ref);
  values_due_ = true;
  for (const ImageRef image : images) {
    if (!any_session_of(image)) release_parts(image);
  }
  place_due_ = true;
}

bool Core::any_session_of(ImageRef image) const {
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session != nullptr && session->uses(image)) return true;
  }
  return false;
}

}  // namespace muster::controller
