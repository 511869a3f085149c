#include "launcher/remote_nodes.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

/// "node-user_b_2222.log": a label may have any characters.
std::string log_name(const std::string& label) {
  std::string name = label;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return "node-" + name + ".log";
}

}  // namespace

RemoteNodes::RemoteNodes(asio::io_context& io, RemotePlan plan, const std::filesystem::path& logs,
                         int image_cache_mib, const std::string& log_level,
                         const std::optional<wire::ConnectionFile::Network>& network,
                         FarNodesEvents events)
    : plan_(std::move(plan)), events_(std::move(events)) {
  told_.resize(plan_.hosts.size());
  for (const RemoteHost& host : plan_.hosts) {
    RemoteNodePlan node{host,
                        plan_.command,
                        logs / log_name(host.label),
                        image_cache_mib,
                        log_level,
                        plan_.resources,
                        plan_.memory_limit_mib,
                        plan_.tunnel ? network : std::nullopt};
    nodes_.push_back(
        std::make_unique<RemoteNode>(io, std::move(node), bundle_, [this] { changed(); }));
  }
}

void RemoteNodes::deliver(const wire::ConnectionFile& file) {
  for (const auto& node : nodes_)
    node->deliver(file);
}

bool RemoteNodes::settled() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const auto& node) { return node->state() != RemoteNode::State::coming; });
}

std::uint32_t RemoteNodes::joined_engines() const {
  std::uint32_t engines = 0;
  for (const auto& node : nodes_) {
    if (node->state() == RemoteNode::State::joined) engines += node->engines();
  }
  return engines;
}

void RemoteNodes::give_up(const std::string& reason) {
  for (const auto& node : nodes_)
    node->give_up(reason);
}

void RemoteNodes::cut() {
  for (const auto& node : nodes_)
    node->cut();
}

void RemoteNodes::kill() {
  for (const auto& node : nodes_)
    node->kill();
}

bool RemoteNodes::ended() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const auto& node) { return node->state() == RemoteNode::State::ended; });
}

void RemoteNodes::changed() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const RemoteNode& node = *nodes_[i];
    if (node.state() != RemoteNode::State::ended || told_[i]) continue;
    told_[i] = true;
    // What another host says may have any characters.
    events_.on_lost(wire::printable(node.host().label + ": " +
                                    (node.reason().empty() ? "its node has left" : node.reason())));
  }
  events_.on_change();
}

}  // namespace muster::launcher
