// Large bound values by way of the nodes: once to each host, however many engines it has. A node
// asks for the parts as it does for those of an image's file. A process whose node can't get the
// value, or may have lost the order, gets it on its own link, as it gets small ones.

#include <algorithm>
#include <utility>

#include "controller/core.hpp"
#include "protocol/body_hash.hpp"

namespace muster::controller {

using wire::Header;
using wire::Kind;

/// False when the value has to go on the process's own link.
bool Core::give_by_node(Process& process, std::string_view name, const wire::LargeBodyPtr& body) {
  Node& node = fleet_.nodes[fleet_.engines[process.engine].node];
  // Without a hash nobody could tell whether what the node has put together is the value.
  if (node.peer == nullptr || body->size() < config_.host_value_min || !body->hash()) return false;
  const std::uint64_t number = ++fleet_.gifts;
  if (node.values.give(number,
                       {fleet_.process_of(process.engine, process.image), std::string(name), body}))
    ++counts_.values_to_hosts;
  process.peer->task->append(
      Header{.kind = Kind::bind, .flags = wire::bind_from_node, .counter = number},
      std::as_bytes(std::span(name)), {});
  const detail::Buffer order_body = wire::pack(wire::GiveValue{
      number, std::string(name), body->size(), wire::raw(*body->hash()), process.engine,
      raw(fleet_.images[process.image].digest), process.incarnation, process.peer->link});
  order(node, Kind::give_value, order_body.bytes());
  drop_values(node, node.values.forget_beyond(config_.bound_values_max));
  return true;
}

bool Core::apply_value_given(Node& node, const wire::Record& record) {
  const auto said = wire::unpack<wire::ValueGiven>(record.body);
  if (!said) return false;
  const auto gift = node.values.answered(said->number);
  if (!gift) return true;
  // While it was on its way the node had to keep it, whoever has forgotten it meanwhile.
  values_due_ = true;
  if (said->reason.empty()) return true;
  note("a bound value can't go to the processes of " + node.host +
       " by their node: " + said->reason);
  give_on_own_link(*gift);
  return true;
}

/// It may have the value already, which does no harm.
void Core::give_on_own_link(const HostValues::Gift& gift) {
  Process* process = fleet_.get(gift.process);
  if (process == nullptr || process->peer == nullptr || !process->values.use(gift.name)) return;
  wire::OutgoingStreamPtr stream = process->peer->task->append_streaming(
      Header{.kind = Kind::bind}, wire::bytes_of(gift.name), gift.body);
  process->values.carry(gift.name, std::move(stream));
  ++counts_.values_sent;
  counts_.value_bytes_sent += gift.body->size();
  touch(*process->peer);
}

/// A process couldn't take what its node handed it.
void Core::send_after_all(Process& process, const std::string& name) {
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr) continue;
    if (const wire::LargeBodyPtr body = session->values.find(name)) {
      note("a bound value can't be shared by " + process.peer->hello.program + " (pid " +
           std::to_string(process.pid) + "): it has no room, or too many files open");
      give_on_own_link({fleet_.process_of(process.engine, process.image), name, body});
      return;
    }
  }
}

/// Its link is over: nobody knows which orders it has carried out.
void Core::take_back_gifts(Node& node) {
  for (const auto& [number, gift] : node.values.end_link())
    give_on_own_link(gift);
}

void Core::drop_values(Node& node, std::vector<std::string> names) {
  if (names.empty()) return;
  const detail::Buffer body = wire::pack(wire::DropValues{std::move(names)});
  order(node, Kind::drop_values, body.bytes());
}

/// A node asks for a part of a value that it was told to give. False when that isn't what it asks
/// for.
bool Core::send_value_part(Peer& peer, const ReadPart& request) {
  const wire::LargeBodyPtr body = fleet_.nodes[peer.index].values.on_its_way(raw(request.file));
  if (!body) return false;
  if (request.offset > body->size() || request.bytes > body->size() - request.offset) {
    say_refused(peer, request.file, "it is shorter than that");
    return true;
  }
  const detail::Buffer name = wire::pack(wire::FileName{raw(request.file)});
  const detail::Buffer part = body->copy_of(request.offset, request.bytes);
  peer.control.append(Header{.kind = Kind::part, .counter = request.offset}, name.bytes(),
                      part.bytes());
  counts_.value_bytes_to_hosts += part.size();
  touch(peer);
  return true;
}

}  // namespace muster::controller
