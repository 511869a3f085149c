#include "launcher/node_session.hpp"

#include <utility>

#include "protocol/body.hpp"

namespace muster::launcher {
namespace {

using wire::Header;
using wire::Kind;

wire::Hello hello_of(const NodeSession::Config& config) {
  wire::Hello hello;
  hello.role = static_cast<std::uint8_t>(wire::Role::node);
  hello.cluster = raw(config.cluster);
  hello.peer = raw(wire::Uuid::random());
  hello.pid = config.pid;
  hello.host = config.host;
  hello.program = config.program;
  hello.image = raw(config.stock_image);
  hello.slots = config.slots;
  return hello;
}

detail::Buffer encode(const ProcessEnd& end) {
  wire::ProcessEnded body;
  body.engine = end.engine;
  body.image = raw(end.image);
  body.incarnation = end.incarnation;
  body.by_order = end.by_order;
  body.never_started = end.never_started;
  body.exit_code = end.exit_code;
  body.signal = end.signal;
  body.text = end.text;
  body.executing = end.executing;
  body.session = raw(end.session);
  body.counter = end.counter;
  body.attempt = end.attempt;
  body.link = end.link;
  body.sent_sequence = end.sent_sequence;
  body.over_limit = end.over_limit;
  return wire::pack(body);
}

}  // namespace

NodeSession::NodeSession(Config config, Instant now)
    : link_(hello_of(config), wire::Lane::Keep::until_applied) {
  link_.restart(now);
}

std::vector<NodeOrder> NodeSession::receive(std::span<const std::byte> frame, Instant now) {
  std::vector<NodeOrder> orders;
  const auto apply_record = [&](const wire::Record& record) { apply(record, orders); };
  if (link_.receive_control(frame, now, apply_record)) opened();
  leave_if_over(orders);
  return orders;
}

std::vector<NodeOrder> NodeSession::tick(Instant now) {
  std::vector<NodeOrder> orders;
  if (link_.tick(now)) link_.beat(wire::Heartbeat{}, now);
  leave_if_over(orders);
  return orders;
}

void NodeSession::opened() {
  link_.hello().engines = link_.welcome().engines;
}

void NodeSession::apply(const wire::Record& record, std::vector<NodeOrder>& orders) {
  switch (record.kind) {
    case Kind::offer:
      if (const auto offer = wire::unpack<wire::Offer>(record.body)) {
        orders.emplace_back(OfferOrder{wire::digest_of(offer->image), offer->pid, offer->path});
      }
      break;
    case Kind::fill:
      if (const auto fill = wire::unpack<wire::Fill>(record.body)) {
        const FillOrder order{fill->engine, wire::digest_of(fill->image), fill->incarnation};
        // An order is repeated on a new link; incarnations only grow.
        std::uint32_t& newest = incarnations_[{order.engine, order.image}];
        if (order.incarnation > newest) {
          newest = order.incarnation;
          orders.emplace_back(order);
        }
      }
      break;
    case Kind::end_process:
      if (const auto fill = wire::unpack<wire::Fill>(record.body)) {
        orders.emplace_back(
            EndOrder{fill->engine, wire::digest_of(fill->image), fill->incarnation});
      }
      break;
    default:
      break;
  }
}

void NodeSession::leave_if_over(std::vector<NodeOrder>& orders) {
  if (left_ || link_.state() != wire::PeerLink::State::ended) return;
  left_ = true;
  orders.emplace_back(LeaveOrder{link_.farewell()});
}

void NodeSession::image_ready(const wire::Digest& image) {
  const detail::Buffer body = wire::pack(wire::ImageState{raw(image), ""});
  say(Kind::image_ready, body.bytes());
}

void NodeSession::image_failed(const wire::Digest& image, const std::string& reason) {
  const detail::Buffer body = wire::pack(wire::ImageState{raw(image), reason});
  say(Kind::image_failed, body.bytes());
}

void NodeSession::process_ended(const ProcessEnd& end) {
  const detail::Buffer body = encode(end);
  say(Kind::process_ended, body.bytes());
}

void NodeSession::leave() {
  say(Kind::goodbye, {});
}

void NodeSession::say(Kind kind, wire::Bytes body) {
  // Kept until the controller has it: a report must survive the end of a link.
  link_.control().append(Header{.kind = kind}, {}, body);
}

std::vector<detail::Buffer> NodeSession::take_frames() {
  std::vector<detail::Buffer> frames;
  link_.take(
      0, [&](detail::Buffer&& frame) { frames.push_back(std::move(frame)); },
      [](detail::Buffer&&) {});
  return frames;
}

}  // namespace muster::launcher
