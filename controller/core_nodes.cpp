// Nodes and images, and which image's process holds which engine's tasks.

#include <algorithm>
#include <utility>

#include "controller/core.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;

/// Processes of one engine that stay warm, the active one included.
constexpr std::size_t warm_max = 4;
/// With more programs than engines each gets an engine for at least this long.
constexpr std::chrono::milliseconds slice{200};
/// A process that was ordered and never said HELLO is given up after this.
constexpr std::chrono::seconds start_max{30};

}  // namespace

void Core::greet_node(RouteId route, wire::Hello hello, Instant now) {
  const NodeRef ref = meet_node(hello);
  if (ref == none) {
    answer_outside(route, Kind::goodbye, 0, "its engines' numbers are those of another node");
    return;
  }
  Node& node = fleet_.nodes[ref];
  if (node.peer != nullptr) end_link(*node.peer, "its node opened a new link", false, now);
  Peer& peer = open_link(route, std::move(hello), wire::Role::node, now);
  peer.index = ref;
  node.peer = &peer;
  wire::Welcome answer;
  answer.engines = node.engines;
  welcome(peer, answer, now);
  repeat_orders(node);
  remember_fleet();
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    if (const ClientSession* session = sessions_.get(ref)) offer(node, session->image);
  }
  place_due_ = true;
}

/// What was ordered on an older link may have been lost with it. The node knows what it has done.
void Core::repeat_orders(Node& node) {
  for (auto& [image, state] : node.images) {
    if (state.has == Node::Has::offered) state.has = Node::Has::failed;  // offered again below
  }
  for (const EngineRef engine : node.engines) {
    for (const ProcessRef ref : fleet_.engines[engine].processes) {
      const Process& process = *fleet_.get(ref);
      if (process.state == Process::State::starting) order_fill(node, process);
    }
  }
}

void Core::order_fill(Node& node, const Process& process) {
  const detail::Buffer body = wire::pack(
      wire::Fill{process.engine, raw(fleet_.images[process.image].digest), process.incarnation});
  order(node, Kind::fill, body.bytes());
}

bool Core::apply_node(Peer& peer, const wire::Record& record, Instant now) {
  Node& node = fleet_.nodes[peer.index];
  switch (record.kind) {
    case Kind::image_ready:
    case Kind::image_failed: {
      const auto state = wire::unpack<wire::ImageState>(record.body);
      if (!state) return false;
      const ImageRef image = fleet_.image(wire::digest_of(state->image));
      const bool ready = record.kind == Kind::image_ready;
      // It may have been offered again since, by a client that has come after the one that left.
      const auto offered = node.images.find(image);
      const std::uint64_t offer = offered == node.images.end() ? 0 : offered->second.offer;
      if (state->number != offer) return true;
      Node::ImageState& known = node.images[image];
      known.has = ready ? Node::Has::ready : Node::Has::failed;
      known.reason = ready ? "" : "on " + node.host + ": " + state->reason;
      if (!ready) note_image_failure(image, known.reason);
      place_due_ = true;
      return true;
    }
    case Kind::process_ended:
      apply_process_ended(peer, record, now);
      return true;
    case Kind::goodbye: {
      node.left = true;
      const NodeRef ref = peer.index;
      end_link(peer, "it has left", false, now);
      node_lost(ref, now);
      return true;
    }
    case Kind::filled:
      apply_filled(peer, record, now);
      return true;
    case Kind::fetch:
      return apply_fetch(peer, record);
    default:
      return false;
  }
}

void Core::order(Node& node, Kind kind, wire::Bytes body) {
  if (node.peer == nullptr) return;
  node.peer->control.append(Header{.kind = kind}, {}, body);
  touch(*node.peer);
}

void Core::offer(Node& node, ImageRef ref) {
  const auto [place, added] = node.images.try_emplace(ref);
  // One that failed is offered again: its client may have mended it, or be another copy.
  if (!added && place->second.has != Node::Has::failed) return;
  place->second.has = Node::Has::offered;
  place->second.reason.clear();
  place->second.failed_starts = 0;
  place->second.offer = ++fleet_.offers;
  place->second.sent_before = place->second.sent;
  const Image& image = fleet_.images[ref];
  const detail::Buffer body =
      wire::pack(wire::Offer{raw(image.digest), image.pid, image.path, image.parts, fleet_.offers});
  order(node, Kind::offer, body.bytes());
}

void Core::note_image_failure(ImageRef image, const std::string& reason) {
  note("image " + fleet_.images[image].digest.hex().substr(0, 8) + " (" +
       fleet_.images[image].path + ") can't run " + reason);
}

/// Why no node that is there can run the image; empty when one can, or may yet.
std::string Core::nowhere_reason(ImageRef image) const {
  std::string reason;
  for (const Node& node : fleet_.nodes) {
    if (node.peer == nullptr) continue;
    const auto found = node.images.find(image);
    if (found == node.images.end() || found->second.has != Node::Has::failed) return "";
    reason = found->second.reason;
  }
  return reason;
}

/// When no node can run the image, its tasks end now and say why, instead of waiting for ever.
void Core::fail_tasks_without_a_place() {
  if (!recovery_.over()) return;  // some node may be able to that hasn't come back yet
  for (const ImageRef image : std::vector<ImageRef>(scheduler_.wanted_images())) {
    const std::string reason = nowhere_reason(image);
    if (reason.empty()) continue;
    for (const TaskRef task : scheduler_.waiting_tasks(image)) {
      settle_without_value(task, wire::OutcomeKind::image_failed,
                           fleet_.images[image].path + " can't run " + reason);
    }
  }
}

// --- placement ---

/// Gives engines to the images whose tasks wait. Idle engines go where work is; when several
/// programs want engines at once, each gets its share of them.
void Core::place(Instant now) {
  fail_tasks_without_a_place();
  place_addressed(now);
  std::vector<ImageRef> wanted = scheduler_.wanted_images();
  if (!wanted.empty()) {
    const std::size_t share = std::max<std::size_t>(1, connected_engines() / wanted.size());
    for (const ImageRef image : wanted) {
      while (place_one(image, share, now)) {
      }
    }
  }
  place_stuck(now);
  fill_empty_engines(now);
}

/// Tasks that were given to engines which turned out to be busy for long get another engine, if
/// there is one that nobody needs.
void Core::place_stuck(Instant now) {
  for (const ImageRef image : scheduler_.stuck_images(now)) {
    std::size_t more = scheduler_.stuck(image, now);
    for (const Engine& engine : fleet_.engines)
      more -= std::min<std::size_t>(more, engine.wanted == image);
    for (EngineRef ref = 0; ref < fleet_.engines.size() && more > 0; ++ref) {
      if (fleet_.engines[ref].wanted != none || !can_fill(ref, image, now)) continue;
      if (!is_needless(ref)) continue;
      switch_engine(ref, image, now);
      --more;
    }
  }
}

/// It is empty, or idles and its image has no task that could use it.
bool Core::is_needless(EngineRef ref) const {
  const Process* active = fleet_.get(fleet_.engines[ref].active);
  if (scheduler_.has_addressed(ref)) return false;
  if (active == nullptr) return true;
  return active->state != Process::State::ended && scheduler_.held(ref) == 0 &&
         scheduler_.waiting(active->image) == 0 && !scheduler_.has_spares(active->image);
}

std::uint32_t Core::connected_engines() const {
  return static_cast<std::uint32_t>(std::count_if(
      fleet_.engines.begin(), fleet_.engines.end(),
      [this](const Engine& engine) { return fleet_.nodes[engine.node].peer != nullptr; }));
}

/// An engine with tasks of its own serves them first, whatever the shares are.
void Core::place_addressed(Instant now) {
  for (const EngineRef ref : std::vector<EngineRef>(scheduler_.addressed_engines())) {
    const ImageRef image = scheduler_.image_of(scheduler_[scheduler_.first_addressed(ref)]);
    const Node& node = fleet_.nodes[fleet_.engines[ref].node];
    // One that isn't there, and has not been for a while, may never come back: it may have left
    // while no controller heard it.
    const bool gone = recovery_.over() && !node.there && now - node.silent_since > wire::dead_after;
    if (node.left || gone) {
      const std::string what = node.left ? " has left the cluster" : " is on a host that is gone";
      for (const TaskRef task : scheduler_.addressed_tasks(ref, image)) {
        settle_without_value(task, wire::OutcomeKind::engine_lost,
                             "engine " + std::to_string(ref) + what);
      }
      place_due_ = true;
      continue;
    }
    const std::string reason = recovery_.over() ? nowhere_reason(image) : "";
    if (!reason.empty()) {
      for (const TaskRef task : scheduler_.addressed_tasks(ref, image)) {
        settle_without_value(task, wire::OutcomeKind::image_failed,
                             fleet_.images[image].path + " can't run " + reason);
      }
      continue;
    }
    const Engine& engine = fleet_.engines[ref];
    const Process* active = fleet_.get(engine.active);
    const bool serves =
        active != nullptr && (active->image == image || active->state == Process::State::ended);
    if (serves || engine.wanted != none || !can_fill(ref, image, now)) continue;
    switch_engine(ref, image, now);
  }
}

/// A process of this image is there, or could be started now.
bool Core::can_fill(EngineRef ref, ImageRef image, Instant now) const {
  const Engine& engine = fleet_.engines[ref];
  const Node& node = fleet_.nodes[engine.node];
  const auto state = node.images.find(image);
  if (node.peer == nullptr || node.untold || state == node.images.end()) return false;
  if (awaits_process_of(ref)) return false;
  if (state->second.has != Node::Has::ready) return false;
  return fleet_.process_of(ref, image) != none || now >= engine.retry_at;
}

/// One more engine for this image, if it is due one. False when nothing was changed.
bool Core::place_one(ImageRef image, std::size_t share, Instant now) {
  std::size_t have = scheduler_.engines(image);
  for (const Engine& engine : fleet_.engines) {
    const Process* active = fleet_.get(engine.active);
    if (engine.wanted == image && (active == nullptr || active->image != image)) ++have;
    if (engine.wanted != none && engine.wanted != image && active && active->image == image) --have;
  }
  if (have >= scheduler_.waiting(image) + scheduler_.engines(image)) return false;
  EngineRef best = none;
  int best_rank = 3;
  for (EngineRef ref = 0; ref < fleet_.engines.size() && best_rank > 0; ++ref) {
    const Engine& engine = fleet_.engines[ref];
    if (engine.wanted != none || !can_fill(ref, image, now)) continue;
    if (scheduler_.has_addressed(ref)) continue;  // it serves those first
    const bool warm = fleet_.process_of(ref, image) != none;
    const Process* active = fleet_.get(engine.active);
    if (active != nullptr && (active->image == image || active->state == Process::State::ended))
      continue;
    int rank = 3;
    if (active == nullptr) {
      rank = engine.processes.empty() || warm ? 0 : 1;
    } else if (scheduler_.waiting(active->image) == 0) {
      rank = scheduler_.held(ref) == 0 ? (warm ? 0 : 1) : (have < share ? 2 : 3);
    } else if (have < share) {
      const bool over = scheduler_.engines(active->image) > share;
      if (over || (have == 0 && now - engine.switched > slice)) rank = 2;
    }
    if (rank < best_rank) {
      best = ref;
      best_rank = rank;
    }
  }
  if (best == none) return false;
  switch_engine(best, image, now);
  return true;
}

/// The engine stops taking its old image's tasks; what it has started it finishes.
void Core::switch_engine(EngineRef ref, ImageRef image, Instant now) {
  fleet_.engines[ref].wanted = image;
  order_recall(scheduler_.recall_all(ref));
  scheduler_.suspend(ref);
  finish_switch(ref, now);
}

void Core::finish_switch(EngineRef ref, Instant now) {
  Engine& engine = fleet_.engines[ref];
  if (engine.wanted == none || scheduler_.held(ref) > 0) return;
  if (unclaimed_.has_held_by(engine.active)) return;
  const ImageRef image = engine.wanted;
  const ProcessRef process = fleet_.process_of(ref, image);
  if (process == none && fleet_.nodes[engine.node].peer == nullptr) {
    // Nobody is there who could fill it, perhaps for good: others may have to serve that image.
    give_up_switch(ref);
    return;
  }
  scheduler_.deactivate(ref);
  engine.active = none;
  if (process == none) {
    fill(ref, image, now);
  } else if (fleet_.get(process)->state == Process::State::ready) {
    make_active(ref, process, now);
  }
}

/// The process that was to make way for another serves on, if it is there.
void Core::give_up_switch(EngineRef ref) {
  Engine& engine = fleet_.engines[ref];
  engine.wanted = none;
  const Process* active = fleet_.get(engine.active);
  if (active != nullptr && active->state == Process::State::ready && !engine.suspect)
    scheduler_.resume(ref);
}

void Core::fill(EngineRef ref, ImageRef image, Instant now) {
  evict_warm(ref);
  const ProcessRef process = fleet_.add_process(ref, image, now);
  Engine& engine = fleet_.engines[ref];
  engine.wanted = image;
  order_fill(fleet_.nodes[engine.node], *fleet_.get(process));
}

/// Makes room for one more process of this engine.
void Core::evict_warm(EngineRef ref) {
  const Engine& engine = fleet_.engines[ref];
  if (engine.processes.size() < warm_max) return;
  const Process* oldest = nullptr;
  for (const ProcessRef candidate : engine.processes) {
    const Process* process = fleet_.get(candidate);
    if (candidate == engine.active || process->state != Process::State::ready) continue;
    if (oldest == nullptr || process->order < oldest->order) oldest = process;
  }
  if (oldest != nullptr) order_end(*oldest);
}

/// SIGKILL, and nobody is charged.
void Core::order_end(const Process& process) {
  const detail::Buffer body = wire::pack(
      wire::Fill{process.engine, raw(fleet_.images[process.image].digest), process.incarnation});
  order(fleet_.nodes[fleet_.engines[process.engine].node], Kind::end_process, body.bytes());
}

/// An engine without any process gets one of the stock image, so that the cluster is seen to stand
/// and shell commands start at once. Switches that wait are looked at again.
void Core::fill_empty_engines(Instant now) {
  for (EngineRef ref = 0; ref < fleet_.engines.size(); ++ref) {
    Engine& engine = fleet_.engines[ref];
    const Node& node = fleet_.nodes[engine.node];
    if (node.peer == nullptr || node.untold) continue;
    for (const ProcessRef process : std::vector<ProcessRef>(engine.processes)) {
      const Process& starting = *fleet_.get(process);
      if (starting.state == Process::State::starting && now - starting.since > start_max) {
        declare_dead(process, "it was started and never answered", now);
      }
    }
    if (engine.wanted != none) finish_switch(ref, now);
    if (engine.active != none || engine.wanted != none || now < engine.retry_at) continue;
    if (awaits_process_of(ref)) continue;
    if (engine.processes.empty()) {
      fill(ref, node.stock, now);
      continue;
    }
    for (const ProcessRef process : engine.processes) {
      if (fleet_.get(process)->state != Process::State::ready) continue;
      make_active(ref, process, now);
      break;
    }
  }
}

/// Its processes have its tether and end with it.
void Core::node_lost(NodeRef ref, Instant now) {
  fleet_.nodes[ref].there = false;
  remember_fleet();
  for (const EngineRef engine : fleet_.nodes[ref].engines) {
    for (const ProcessRef process : std::vector<ProcessRef>(fleet_.engines[engine].processes)) {
      declare_dead(process, "its node is gone", now);
    }
  }
}

}  // namespace muster::controller
