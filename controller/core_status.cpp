// What `muster status` shows: the controller's state as JSON, made when somebody asks.

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "controller/core.hpp"
#include "controller/core_commons.hpp"

namespace muster::controller {
namespace {

using nlohmann::json;

double seconds(Instant::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

constexpr std::string_view ready = "ready";

std::string_view state_of(const Node& node, const Engine& engine, const Process* active) {
  if (engine.stopped) return "ending";
  if (active == nullptr && node.peer == nullptr) return "gone";
  if (active == nullptr) return node.draining ? "draining" : "starting";
  if (active->state == Process::State::ended) return "dead";
  if (node.draining) return "draining";
  if (engine.suspect || active->peer == nullptr) return "suspect";
  return ready;
}

/// Why it will leave, and in how many seconds at the latest. Null when it won't, or has.
json draining_of(const Node& node, Instant now) {
  if (!node.draining || node.left) return nullptr;
  return {{"reason", node.draining->reason},
          {"for_s", std::max(0.0, seconds(node.draining->until - now))}};
}

std::size_t engines_of(const Node& node, const Fleet& fleet) {
  return static_cast<std::size_t>(
      std::count_if(node.engines.begin(), node.engines.end(),
                    [&](EngineRef engine) { return !fleet.engines[engine].stopped; }));
}

/// Those on their way to it, and how far they are.
json images_of(const Node& node, const Fleet& fleet) {
  json images = json::array();
  if (node.peer == nullptr) return images;
  for (const auto& [ref, state] : node.images) {
    if (state.has != Node::Has::offered) continue;
    std::uint64_t bytes = 0;
    for (const wire::ImagePart& part : fleet.images[ref].parts)
      bytes += part.bytes;
    images.push_back({{"image", fleet.images[ref].digest.hex().substr(0, 8)},
                      {"program", fleet.images[ref].path},
                      {"bytes", bytes},
                      {"sent", state.sent - state.sent_before}});
  }
  return images;
}

}  // namespace

std::uint32_t Core::engines_ready() const {
  std::uint32_t count = 0;
  for (const Engine& engine : fleet_.engines) {
    if (state_of(fleet_.nodes[engine.node], engine, fleet_.get(engine.active)) == ready) ++count;
  }
  return count;
}

std::string Core::status(Instant now) const {
  json engines = json::array();
  for (EngineRef ref = 0; ref < fleet_.engines.size(); ++ref) {
    const Engine& engine = fleet_.engines[ref];
    const Node& node = fleet_.nodes[engine.node];
    if ((node.left || engine.stopped) && engine.processes.empty()) continue;
    const Process* active = fleet_.get(engine.active);
    json running = nullptr;
    // One that was cancelled by a client that has gone is nobody's, but keeps its engine busy.
    if (engine.beat.executing && (scheduler_.held(ref) > 0 || engine.beat.stopping)) {
      running = {{"counter", engine.beat.counter},
                 {"stopping", engine.beat.stopping},
                 {"for_s", static_cast<double>(engine.beat.executing_ns) * 1e-9}};
    }
    engines.push_back(
        {{"id", ref},
         {"host", node.host},
         {"resources", node.resources.words()},
         {"node", node.peer == nullptr ? 0 : node.peer->hello.pid},
         {"state", state_of(node, engine, active)},
         {"pid", active == nullptr ? 0 : active->pid},
         {"image", active == nullptr ? "" : fleet_.images[active->image].digest.hex().substr(0, 8)},
         {"program", active == nullptr ? "" : fleet_.images[active->image].path},
         {"processes", engine.processes.size()},
         {"held", scheduler_.held(ref)},
         {"credit", scheduler_.credit(ref)},
         {"values_bytes", active == nullptr ? 0 : active->values.bytes()},
         {"running", running},
         {"completed", engine.completed},
         {"crashes", engine.crashes}});
  }
  json hosts = json::array();
  for (const Node& node : fleet_.nodes) {
    hosts.push_back({{"host", node.host},
                     {"connected", node.peer != nullptr},
                     {"engines", engines_of(node, fleet_)},
                     {"draining", draining_of(node, now)},
                     {"image_bytes_sent", node.image_bytes},
                     {"images", images_of(node, fleet_)}});
  }
  json clients = json::array();
  json reasons = {{"no engines", 0}, {"silent", 0},   {"credit", 0},     {"image", 0},
                  {"results", 0},    {"target", 0},   {"recovering", 0}, {"dependency", 0},
                  {"needs", 0},      {"draining", 0}, {"value", 0},      {"history", 0}};
  std::size_t all_parked = 0;
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr) continue;
    clients.push_back({{"session", session->id.hex().substr(0, 8)},
                       {"pid", session->pid},
                       {"host", session->host},
                       {"program", session->program},
                       {"connected", session->peer != nullptr},
                       {"open", session->open()},
                       {"completed", session->completed},
                       {"results_bytes", outcomes_.bytes(ref)},
                       {"values_bytes", session->values.bytes()}});
    std::string reason = wait_reason(*session, ref);
    if (reason.starts_with(wire::needs_word)) reason = "needs";
    if (!reason.empty()) {
      reasons[reason] = reasons[reason].get<std::size_t>() + waiting(*session, ref);
    }
    all_parked += parked(*session);
  }
  const json status = {
      {"cluster", config_.cluster.hex()},
      {"controller",
       {{"pid", config_.pid},
        {"epoch", config_.epoch},
        {"uptime_s", seconds(now - started_)},
        {"recovering", !recovery_.over()}}},
      {"network", network_},
      {"refused", {{"keys", counts_.refused_keys}, {"roles", counts_.refused_roles}}},
      {"engines", engines},
      {"hosts", hosts},
      {"clients", clients},
      {"queue",
       {{"waiting", scheduler_.waiting() + all_parked},
        {"held", scheduler_.held()},
        {"reasons", reasons}}},
      {"results", {{"bytes", outcomes_.total()}, {"bytes_max", outcomes_.limits().all}}},
      {"commons", sharing_->status()},
      {"links",
       {{"opened", counts_.links},
        {"gaps", counts_.gaps},
        {"duplicates", counts_.duplicates},
        {"sent_again", counts_.sent_again},
        {"rubbish", counts_.rubbish}}},
      {"totals",
       {{"submitted", counts_.submitted},
        {"completed", counts_.settled},
        {"failed", counts_.failed},
        {"dropped", counts_.dropped_outcomes},
        {"crashes", counts_.crashes},
        {"moves", counts_.moves},
        {"recalls", counts_.recalls},
        {"image_bytes_sent", counts_.image_bytes_sent},
        {"image_bytes_received", counts_.image_bytes_received},
        {"values_sent", counts_.values_sent},
        {"value_bytes_sent", counts_.value_bytes_sent},
        {"values_to_hosts", counts_.values_to_hosts},
        {"value_bytes_to_hosts", counts_.value_bytes_to_hosts},
        {"value_bytes_received", counts_.value_bytes_received}}}};
  // Paths and names of hosts are any bytes.
  return status.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace muster::controller
