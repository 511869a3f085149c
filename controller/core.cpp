// Links: who speaks, on which link, in which order. What else the controller decides is in
//
//   core_liveness.cpp silence, and what it means
//   core_clients.cpp  clients' sessions
//   core_tasks.cpp    submissions, dispatches, outcomes
//   core_settling.cpp how tasks end
//   core_orders.cpp   cancels and recalls
//   core_lending.cpp  tasks that their own client runs
//   core_outcomes.cpp outcomes that clients haven't taken
//   core_rows.cpp     rows of tasks that are split: one item fails, what wasn't started comes back
//   core_streams.cpp  bodies that don't fit into a record
//   core_values.cpp   bound values, on their way from clients to engines
//   core_host_values.cpp large ones by way of the nodes, once to each host
//   core_limits.cpp   time limits of tasks: queue and total
//   core_engines.cpp  engines' processes: their HELLO, their inventory, their end
//   core_holdings.cpp what engines hold, compared on a new link
//   core_images.cpp   images' files on their way to hosts that don't have them
//   core_nodes.cpp    nodes, what they have of images, and which processes they start
//   core_placement.cpp which image's process holds which engine's tasks
//   core_recovery.cpp what a controller that was started again does before it knows everything
//   core_refusals.cpp who is turned away, and what is said of it
//   core_status.cpp   what `muster status` shows
//   core_timeline.cpp what `muster report` draws
//   core_history.cpp  what is remembered of tasks that have ended
//   core_keeping.cpp  sessions that outlive their clients, with their outcomes
//   core_commons.cpp  locks, counters and queues that clients share by name
//   core_postponing.cpp what waits until the clients have come back to a new controller
//   core_stand_ins.cpp tasks that stand for others: results asked for again, tasks run again
//   core_questions.cpp what observers and clients ask

#include "controller/core.hpp"

#include <algorithm>
#include <utility>

#include "controller/core_commons.hpp"
#include "controller/core_lending.hpp"
#include "controller/keeping.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;
using wire::Role;

}  // namespace

Core::Core(Config config, Instant now)
    : config_(std::move(config)),
      started_(now),
      scheduler_({config_.scheme, config_.credit, config_.epoch}),
      outcomes_(config_.outcomes),
      history_(config_.history),
      keeping_(std::make_unique<Keeping>(config_.outcomes.all / 4)),
      sharing_(new Sharing{*this, std::move(config_.commons)}),
      deadline_(now),
      last_tick_(now) {
  begin_recovery(now);
}

void Core::receive(Port port, RouteId route, wire::Bytes frame, Instant now,
                   const wire::SharedBytes& chunk, Permit permit) {
  if (pass_began_ == Instant{}) pass_began_ = now;
  latest_ = now;
  const std::optional<wire::Message> message = wire::read_message(frame);
  if (!message) {
    ++counts_.rubbish;
    return;
  }
  if (message->link == 0) {
    if (port == Port::control) greet(route, *message, permit, now);
    bury_ended_links();
    return;
  }
  const auto found = links_.find(message->link);
  if (found == links_.end()) {
    if (port == Port::control) answer_outside(route, Kind::stale, message->link, "unknown link");
    return;
  }
  Peer& peer = *found->second;
  wire::Lane* lane = &peer.control;
  if (port == Port::control) {
    if (route != peer.control_route) {
      end_link(peer, "its control connection was replaced", false, now);
      answer_outside(route, Kind::stale, message->link, "your control connection was replaced");
      bury_ended_links();
      return;
    }
  } else {
    const Port expected = peer.role == Role::client ? Port::client : Port::engine;
    if (peer.task == nullptr || port != expected) {
      ++counts_.rubbish;
      return;
    }
    if (peer.task_route == 0) {
      if (!permit.allows(peer.role)) {
        ++counts_.refused_roles;
        return;
      }
      peer.task_route = route;
      (port == Port::client ? link_at_client_ : link_at_engine_)[route] = peer.link;
    }
    if (route != peer.task_route) {
      end_link(peer, "its task connection was replaced", true, now);
      bury_ended_links();
      return;
    }
    lane = peer.task;
  }
  const wire::Arrival arrival = lane->receive(*message, frame.size() + chunk.size(), now);
  if (arrival == wire::Arrival::duplicate) ++counts_.duplicates;
  if (arrival == wire::Arrival::gap) {
    ++counts_.gaps;
    end_link(peer, "a message was lost", true, now);
  }
  if (arrival == wire::Arrival::next) {
    peer.heard = now;
    const std::uint64_t link = peer.link;
    wire::RecordReader reader(message->records);
    wire::Record record;
    while (peer.link == link && reader.next(record)) {
      if (record.kind != Kind::chunk) {
        apply(peer, record, now);
      } else if (!apply_chunk(peer, record, chunk, now)) {
        end_link(peer, "a chunk doesn't fit its stream", true, now);
      }
    }
    if (peer.link == link && reader.malformed()) {
      end_link(peer, "a message didn't parse", true, now);
    }
    if (peer.link == link) {
      if (peer.role == Role::client) {
        advance(peer.index, message->watermark);
        outcomes_changed(peer.index);  // it may have acknowledged some
      }
      if (lane == peer.task) touch(peer);  // an acknowledgement may be due
      // This message may be the last that a dead process had sent (rule 12).
      if (peer.role == Role::engine && !ending_.empty()) conclude_if_heard(peer.index, now);
    }
  }
  bury_ended_links();
}

void Core::apply(Peer& peer, const wire::Record& record, Instant now) {
  if (record.kind == Kind::heartbeat) {
    beat(peer, record, now);
    return;
  }
  bool understood = true;
  switch (peer.role) {
    case Role::client:
      understood = apply_client(peer, record, now);
      break;
    case Role::engine:
      understood = apply_engine(peer, record, now);
      break;
    case Role::node:
      understood = apply_node(peer, record, now);
      break;
    case Role::observer:
      understood = apply_observer(peer, record, now);
      break;
  }
  if (!understood)
    end_link(peer, "it sent a record that its role or its link doesn't allow", true, now);
}

void Core::greet(RouteId route, const wire::Message& message, Permit permit, Instant now) {
  wire::RecordReader reader(message.records);
  wire::Record record;
  if (!reader.next(record) || record.kind != Kind::hello) {
    ++counts_.rubbish;
    return;
  }
  std::optional<wire::Hello> hello = wire::unpack<wire::Hello>(record.body);
  if (!hello) {
    ++counts_.rubbish;
    return;
  }
  if (hello->version != wire::protocol_version) {
    answer_outside(route, Kind::goodbye, 0,
                   "this controller speaks version " + std::to_string(wire::protocol_version) +
                       " of the protocol, you speak " + std::to_string(hello->version) +
                       "; build both from the same release");
    return;
  }
  if (wire::uuid_of(hello->cluster) != config_.cluster) {
    answer_outside(route, Kind::goodbye, 0, "this is another cluster");
    return;
  }
  const auto role = static_cast<Role>(hello->role);
  if (std::find(wire::all_roles.begin(), wire::all_roles.end(), role) == wire::all_roles.end()) {
    answer_outside(route, Kind::goodbye, 0, "unknown role");
    return;
  }
  if (!permit.allows(role)) {
    refuse(route, *hello, permit, now);
    return;
  }
  if (Peer* old = peer_at(route)) {
    if (old->hello.clock == hello->clock) return;  // the same HELLO again
    end_link(*old, "it said HELLO again", false, now);
  }
  switch (role) {
    case Role::client:
      greet_client(route, std::move(*hello), now);
      break;
    case Role::engine:
      greet_engine(route, std::move(*hello), now);
      break;
    case Role::node:
      greet_node(route, std::move(*hello), now);
      break;
    case Role::observer:
      welcome(open_link(route, std::move(*hello), Role::observer, now), {}, now);
  }
}

Peer& Core::open_link(RouteId route, wire::Hello hello, Role role, Instant now) {
  auto peer = std::make_unique<Peer>();
  Peer& opened = *peer;
  do {
    opened.link = config_.random();
  } while (opened.link == 0 || links_.contains(opened.link));
  opened.role = role;
  opened.hello = std::move(hello);
  opened.control_route = route;
  opened.heard = now;
  opened.control.open(opened.link);
  links_.emplace(opened.link, std::move(peer));
  link_at_control_[route] = opened.link;
  ++counts_.links;
  return opened;
}

void Core::welcome(Peer& peer, wire::Welcome welcome, Instant now) {
  welcome.epoch = config_.epoch;
  welcome.pid = config_.pid;
  welcome.host = config_.host;
  welcome.clock = wire::nanoseconds_of(now);
  welcome.echo = peer.hello.clock;
  welcome.message_bytes = wire::message_bytes_max;
  welcome.body_bytes = wire::body_bytes_max;
  const detail::Buffer body = wire::pack(welcome);
  peer.control.append(Header{.kind = Kind::welcome}, {}, body.bytes());
  // In a message of its own: its reader has no link yet to which other records could belong.
  flush(peer);
}

void Core::answer_outside(RouteId route, Kind kind, std::uint64_t link, std::string_view text) {
  detail::Buffer frame = wire::begin_message();
  wire::append_record(frame, Header{.kind = kind, .attempt = link}, {},
                      std::as_bytes(std::span(text.data(), text.size())));
  wire::seal_message(frame, wire::Envelope{});
  output_.push_back({Port::control, route, std::move(frame)});
}

/// The link means nothing any more. What its peer holds is compared when it says HELLO again.
void Core::end_link(Peer& peer, std::string_view reason, bool tell, Instant now) {
  const auto found = links_.find(peer.link);
  if (found == links_.end()) return;
  // Observers come and go; while a cluster starts, many times a second.
  if (peer.role != Role::observer) {
    note("link with " + peer.hello.program + " (pid " + std::to_string(peer.hello.pid) +
         ") ends: " + std::string(reason));
  }
  if (tell) answer_outside(peer.control_route, Kind::stale, peer.link, reason);
  link_at_control_.erase(peer.control_route);
  link_at_client_.erase(peer.task_route);
  link_at_engine_.erase(peer.task_route);
  if (peer.task != nullptr) peer.task->close();
  if (peer.role == Role::client) {
    forget_arriving(peer);
    ClientSession& session = *sessions_.get(peer.index);
    Lending{*this}.link_is_over(session);
    session.peer = nullptr;
    session.silent_since = now;
    forget_source(peer.index);
  } else if (peer.role == Role::engine) {
    if (Process* process = fleet_.get(peer.index)) {
      process->peer = nullptr;
      if (process->state == Process::State::ready || process->state == Process::State::joining) {
        process->state = Process::State::joining;
        process->since = peer.heard;  // a silence goes on, also when its link ended first
      }
      if (fleet_.engines[process->engine].active == peer.index) scheduler_.suspend(process->engine);
    }
  } else if (peer.role == Role::node) {
    Node& node = fleet_.nodes[peer.index];
    node.peer = nullptr;
    node.silent_since = now;
    take_back_gifts(node);
  }
  peer.link = 0;  // stops whoever is still reading this peer's records
  ended_links_.push_back(std::move(found->second));
  links_.erase(found);
}

void Core::bury_ended_links() {
  ended_links_.clear();
}

Peer* Core::peer_at(RouteId control_route) {
  const auto found = link_at_control_.find(control_route);
  return found == link_at_control_.end() ? nullptr : links_.at(found->second).get();
}

void Core::beat(Peer& peer, const wire::Record& record, Instant now) {
  const auto heartbeat = wire::unpack<wire::Heartbeat>(record.body);
  if (!heartbeat) return;
  wire::Heartbeat answer;
  answer.clock = wire::nanoseconds_of(now);
  answer.echo = heartbeat->clock;
  if (peer.role == Role::client) {
    const ClientSession& session = *sessions_.get(peer.index);
    answer.waiting = waiting(session, peer.index);
    answer.reason = wait_reason(session, peer.index);
    answer.cluster_engines = connected_engines();
  } else if (peer.role == Role::engine) {
    if (const Process* process = fleet_.get(peer.index)) {
      Engine& engine = fleet_.engines[process->engine];
      if (engine.active == peer.index) {
        engine.beat = *heartbeat;
        scheduler_.set_round_trip(process->engine, heartbeat->round_trip_ns);
      }
      answer.outcomes_wait_ns = scheduler_.pace(process->engine).outcomes_wait();
    }
  }
  const detail::Buffer body = wire::pack(answer);
  peer.control.append(Header{.kind = Kind::heartbeat}, {}, body.bytes());
  peer.acknowledge = true;
  touch(peer);
}

void Core::touch(Peer& peer) {
  if (peer.touched || peer.link == 0) return;
  peer.touched = true;
  touched_.push_back(peer.link);
}

void Core::flush(Peer& peer) {
  peer.touched = false;
  peer.control.take(0, peer.acknowledge, [&](detail::Buffer&& frame) {
    output_.push_back({Port::control, peer.control_route, std::move(frame)});
  });
  if (peer.task != nullptr && peer.task_route != 0) {
    const Port port = peer.role == Role::client ? Port::client : Port::engine;
    peer.task->take(0, peer.acknowledge, [&](wire::Frame&& frame) {
      output_.push_back({port, peer.task_route, std::move(frame)});
    });
  }
  peer.acknowledge = false;
}

void Core::finish_pass(Instant now) {
  latest_ = now;
  if (!recovery_.over()) end_recovery_if_due(now);
  if (!deadlines_.empty()) forget_settled_deadlines();
  if (!gates_due_.empty()) open_gates();
  if (values_due_) forget_needless_values();
  if (place_due_) {
    place_due_ = false;
    place(now);
  }
  if (!draining_.empty()) tell_who_is_drained();
  if (!retiring_.empty()) end_retired();
  hold_back_the_late();
  dispatch_all(now);
  recall_for_idle(now);
  if (roster_due_) say_roster();
  measure_pass(now);
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    const auto found = links_.find(touched_[i]);
    if (found == links_.end()) continue;
    Peer& peer = *found->second;
    if (peer.role == Role::client) grant_credit(*sessions_.get(peer.index));
    flush(peer);
  }
  touched_.clear();
}

/// What arrives while a pass is under way waits for its end.
void Core::measure_pass(Instant now) {
  if (pass_began_ == Instant{}) return;
  pass_time_ += (now - pass_began_ - pass_time_) / 16;
  pass_began_ = {};
  scheduler_.set_wait(std::chrono::nanoseconds(pass_time_).count());
}

void Core::unreachable(Port port, RouteId route, Instant now) {
  const auto& links = port == Port::control  ? link_at_control_
                      : port == Port::client ? link_at_client_
                                             : link_at_engine_;
  const auto found = links.find(route);
  if (found == links.end()) return;
  Peer& peer = *links_.at(found->second);
  const Role role = peer.role;
  const std::uint32_t index = peer.index;
  end_link(peer, "its connection has ended", false, now);
  bury_ended_links();
  if (role == Role::client) sessions_.get(index)->connection_ended = true;
  if (role == Role::node) node_lost(index, now);
}

bool Core::say_goodbye(std::string_view reason, std::int64_t own_pid) {
  bool to_others = false;
  for (const auto& [link, peer] : links_) {
    flush(*peer);
    answer_outside(peer->control_route, Kind::goodbye, link, reason);
    to_others |= peer->role != wire::Role::engine && peer->hello.pid != own_pid;
  }
  return to_others;
}

}  // namespace muster::controller
