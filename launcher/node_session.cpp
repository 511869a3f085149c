#include "launcher/node_session.hpp"

#include <algorithm>
#include <utility>

#include "protocol/body.hpp"
#include "protocol/drain.hpp"

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
  hello.resources = config.resources.words();
  hello.job = config.rank.job;
  hello.rank = config.rank.rank;
  hello.ranks = config.rank.ranks;
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
  body.reason = end.reason;
  body.named = end.named;
  body.ran_ns = end.ran_ns;
  body.session = raw(end.session);
  body.counter = end.counter;
  body.attempt = end.attempt;
  body.link = end.link;
  body.sent_sequence = end.sent_sequence;
  body.over_limit = end.over_limit;
  body.initializing = end.initializing;
  body.pid = end.pid;
  return wire::pack(body);
}

}  // namespace

NodeSession::NodeSession(Config config, Instant now)
    : link_(hello_of(config), wire::Lane::Keep::until_applied),
      lease_(std::chrono::duration_cast<Instant::duration>(config.lease)),
      leaves_when_emptied_(config.leaves_when_emptied),
      heard_(now) {
  link_.restart(now);
}

std::vector<NodeOrder> NodeSession::receive(std::span<const std::byte> frame, Instant now) {
  std::vector<NodeOrder> orders;
  const auto apply_record = [&](const wire::Record& record) { apply(record, orders); };
  if (link_.receive_control(frame, now, apply_record)) {
    opened(now);
    orders.insert(orders.begin(), BeginOrder{});
  }
  leave_if_over(orders, now);
  return orders;
}

std::vector<NodeOrder> NodeSession::tick(Instant now) {
  std::vector<NodeOrder> orders;
  if (link_.tick(now)) link_.beat(wire::Heartbeat{}, now);
  leave_if_over(orders, now);
  if (drain_ && now >= drain_->until) depart(orders);
  return orders;
}

Instant NodeSession::deadline() const {
  return drain_ && !departed_ ? std::min(link_.deadline(), drain_->until) : link_.deadline();
}

void NodeSession::drain(std::string reason, Instant::duration length, Instant now) {
  if (drain_) return;
  drain_ = {std::move(reason), now + length};
  say_that_it_drains(now);
}

void NodeSession::say_that_it_drains(Instant now) {
  const std::chrono::nanoseconds rest = drain_->until - now;
  const detail::Buffer body = wire::pack(wire::Drain{drain_->reason, rest.count()});
  say(Kind::drain, body.bytes());
}

void NodeSession::depart(std::vector<NodeOrder>& orders) {
  if (left_ || std::exchange(departed_, true)) return;
  orders.emplace_back(DepartOrder{});
}

/// A controller that was started again knows nothing of what this node has.
void NodeSession::opened(Instant now) {
  const bool again = !link_.hello().engines.empty();
  link_.hello().engines = link_.welcome().engines;
  if (again && epoch_ != link_.welcome().epoch) say_what_it_has(now);
  epoch_ = link_.welcome().epoch;
  fetches_.opened(link_.control());
}

void NodeSession::say_what_it_has(Instant now) {
  // Its offers were another controller's.
  offers_.clear();
  for (const wire::Digest& image : images_)
    image_ready(image);
  if (drain_) say_that_it_drains(now);
  // A record has to fit into a message: some thousand of them each.
  constexpr std::size_t most_per_record = 2048;
  wire::Filled filled;
  const auto say_filled = [&](bool last) {
    const detail::Buffer body = wire::pack(filled);
    link_.control().append(Header{.kind = Kind::filled, .flags = last}, {}, body.bytes());
    filled = {};
  };
  for (const auto& [what, process] : filled_) {
    if (filled.engines.size() == most_per_record) say_filled(false);
    filled.engines.push_back(what.first);
    filled.images.push_back(raw(what.second));
    filled.incarnations.push_back(process.incarnation);
    filled.alive.push_back(process.alive);
    const bool any_ended = process.ended != Instant{};
    filled.ended_ns.push_back(any_ended ? std::chrono::nanoseconds(now - process.ended).count()
                                        : -1);
  }
  say_filled(true);
}

void NodeSession::apply(const wire::Record& record, std::vector<NodeOrder>& orders) {
  if (record.kind == Kind::drained) {
    const bool emptied = record.flags == wire::drained_emptied;
    if (emptied ? leaves_when_emptied_ : drain_.has_value()) depart(orders);
  }
  if (record.kind == Kind::look) {
    if (const auto look = wire::unpack<wire::LookAtProcess>(record.body)) {
      orders.emplace_back(
          LookOrder{look->engine, wire::digest_of(look->image), look->incarnation, look->number});
    }
    return;
  }
  switch (record.kind) {
    case Kind::offer:
      if (const auto offer = wire::unpack<wire::Offer>(record.body)) {
        offers_[wire::digest_of(offer->image)] = offer->number;
        orders.emplace_back(
            OfferOrder{wire::digest_of(offer->image), offer->pid, offer->path, offer->parts});
      }
      break;
    case Kind::fill:
      if (const auto fill = wire::unpack<wire::Fill>(record.body)) {
        const FillOrder order{fill->engine, wire::digest_of(fill->image), fill->incarnation};
        // An order is repeated on a new link; incarnations only grow.
        Filled& newest = filled_[{order.engine, order.image}];
        if (order.incarnation > newest.incarnation) {
          newest.incarnation = order.incarnation;
          newest.alive = true;
          orders.emplace_back(order);
        }
      }
      break;
    case Kind::end_process:
      if (auto end = wire::unpack<wire::EndProcess>(record.body)) {
        orders.emplace_back(EndOrder{end->engine, wire::digest_of(end->image), end->incarnation,
                                     std::move(end->reason)});
      }
      break;
    case Kind::signal_process:
      if (const auto wish = wire::unpack<wire::SignalProcess>(record.body)) {
        orders.emplace_back(SignalOrder{wish->engine, wire::digest_of(wish->image),
                                        wish->incarnation, static_cast<int>(wish->signal)});
      }
      break;
    case Kind::give_value:
      if (const auto give = wire::unpack<wire::GiveValue>(record.body)) {
        orders.emplace_back(GiveOrder{give->number, wire::digest_of(give->name), give->bytes,
                                      wire::body_hash_of(give->hash), give->engine,
                                      wire::digest_of(give->image), give->incarnation, give->link});
      }
      break;
    case Kind::drop_values:
      if (const auto drop = wire::unpack<wire::DropValues>(record.body)) {
        DropOrder order;
        for (const std::string& name : drop->names)
          order.names.push_back(wire::digest_of(name));
        orders.emplace_back(std::move(order));
      }
      break;
    case Kind::part:
      fetches_.apply(record, link_.control(),
                     [&](FileOrder&& order) { orders.emplace_back(std::move(order)); });
      break;
    default:
      break;
  }
}

void NodeSession::leave_if_over(std::vector<NodeOrder>& orders, Instant now) {
  if (link_.open()) heard_ = now;
  const bool dismissed = link_.state() == wire::PeerLink::State::ended;
  if (left_ || (!dismissed && now - heard_ < lease_)) return;
  left_ = true;
  orders.emplace_back(LeaveOrder{
      dismissed ? link_.farewell() : "its controller has been gone for as long as a node waits"});
}

void NodeSession::image_ready(const wire::Digest& image) {
  images_.insert(image);
  const detail::Buffer body = wire::pack(wire::ImageState{raw(image), "", offers_[image]});
  say(Kind::image_ready, body.bytes());
}

void NodeSession::image_failed(const wire::Digest& image, const std::string& reason) {
  const detail::Buffer body = wire::pack(wire::ImageState{raw(image), reason, offers_[image]});
  say(Kind::image_failed, body.bytes());
}

void NodeSession::looked(const wire::ProcessStacks& stacks) {
  const detail::Buffer body = wire::pack(stacks);
  say(Kind::stacks, body.bytes());
}

void NodeSession::value_given(std::uint64_t number, const std::string& reason) {
  const detail::Buffer body = wire::pack(wire::ValueGiven{number, reason});
  say(Kind::value_given, body.bytes());
}

void NodeSession::process_ended(const ProcessEnd& end, Instant now) {
  Filled& filled = filled_[{end.engine, end.image}];
  if (filled.incarnation == end.incarnation) filled.alive = false;
  // It had a link, or has begun a task: more may have been addressed to it.
  if (end.link != 0 || end.counter != 0) filled.ended = now;
  const detail::Buffer body = encode(end);
  say(Kind::process_ended, body.bytes());
}

void NodeSession::leave() {
  say(Kind::goodbye, {});
}

void NodeSession::fetch(const wire::Digest& file, std::uint64_t bytes) {
  fetches_.begin(file, bytes, link_.control());
}

wire::FileFetch::Verdict NodeSession::file_checked(const wire::Digest& file,
                                                   const wire::Digest& found) {
  return fetches_.checked(file, found, link_.control());
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
