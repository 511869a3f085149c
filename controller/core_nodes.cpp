// Nodes, what they have of images, and which processes they are to start.

#include <algorithm>
#include <utility>

#include "controller/core.hpp"
#include "protocol/drain.hpp"
#include "protocol/process_stacks.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;

/// Processes of one engine that stay warm, the active one included.
constexpr std::size_t warm_max = 4;
/// A process that was ordered and never said HELLO is given up after this.
constexpr std::chrono::seconds start_max{30};

}  // namespace

void Core::greet_node(RouteId route, wire::Hello hello, Instant now) {
  wire::Resources resources;
  try {
    resources = wire::Resources(hello.resources);
  } catch (const std::invalid_argument& error) {
    answer_outside(route, Kind::goodbye, 0, error.what());
    return;
  }
  const NodeRef ref = meet_node(hello);
  if (ref == none) {
    answer_outside(route, Kind::goodbye, 0, "its engines' numbers are those of another node");
    return;
  }
  Node& node = fleet_.nodes[ref];
  node.resources = std::move(resources);
  for (const EngineRef engine : node.engines)
    scheduler_.set_resources(engine, node.resources);
  if (node.peer != nullptr) end_link(*node.peer, "its node opened a new link", false, now);
  Peer& peer = open_link(route, std::move(hello), wire::Role::node, now);
  peer.index = ref;
  node.peer = &peer;
  if (node.draining) {
    node.draining->told = false;
    if (std::find(draining_.begin(), draining_.end(), ref) == draining_.end())
      draining_.push_back(ref);
  }
  wire::Welcome answer;
  answer.engines = node.engines;
  welcome(peer, answer, now);
  repeat_orders(node);
  see_whether_emptied(ref);
  remember_fleet();
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr) continue;
    offer(node, session->image);
    for (const ImageRef module : session->modules)
      offer(node, module);
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
      if (process.restarts) order_end(process);
    }
  }
}

void Core::order_fill(Node& node, const Process& process) {
  const detail::Buffer body = wire::pack(
      wire::Fill{process.engine, raw(fleet_.images[process.image].digest), process.incarnation});
  order(node, Kind::fill, body.bytes());
}

bool Core::apply_node(Peer& peer, const wire::Record& record, Instant now) {
  if (record.kind == Kind::drain) return apply_drain(peer, record, now);
  if (record.kind == Kind::stacks) return apply_stacks(record);
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
    case Kind::value_given:
      return apply_value_given(node, record);
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
    if (node.peer == nullptr || node.draining) continue;
    const auto found = node.images.find(image);
    if (found == node.images.end() || found->second.has != Node::Has::failed) return "";
    reason = found->second.reason;
  }
  return reason;
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

/// SIGKILL. Without a reason nobody is charged.
void Core::order_end(const Process& process, std::string reason) {
  const detail::Buffer body =
      wire::pack(wire::EndProcess{process.engine, raw(fleet_.images[process.image].digest),
                                  process.incarnation, std::move(reason)});
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
        order_end(starting);
        declare_dead(process, "it was started and never answered", now);
      }
    }
    if (engine.wanted != none) finish_switch(ref, now);
    if (engine.active != none || engine.wanted != none || now < engine.retry_at) continue;
    if (awaits_process_of(ref) || is_draining(ref)) continue;
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
  if (fleet_.nodes[ref].is_rank) fleet_.nodes[ref].left = true;
  std::erase(draining_, ref);
  remember_fleet();
  for (const EngineRef engine : fleet_.nodes[ref].engines) {
    for (const ProcessRef process : std::vector<ProcessRef>(fleet_.engines[engine].processes)) {
      declare_dead(process, "its node is gone", now);
    }
  }
}

}  // namespace muster::controller
