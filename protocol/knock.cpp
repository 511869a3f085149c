#include "protocol/knock.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "protocol/socket.hpp"

namespace muster::wire {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int events_wanted = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                              ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;

zmq::socket_t watch(zmq::context_t& context, zmq::socket_t& watched) {
  static std::atomic<std::uint64_t> count{0};
  const std::string name = "inproc://knock-" + std::to_string(++count);
  if (zmq_socket_monitor(watched.handle(), name.c_str(), events_wanted) != 0) {
    throw zmq::error_t();
  }
  zmq::socket_t events(context, zmq::socket_type::pair);
  events.set(zmq::sockopt::linger, 0);
  events.connect(name);
  return events;
}

}  // namespace

Knock::Knock(zmq::context_t& context, const std::string& endpoint, const PeerKeys& keys,
             int broken_max)
    : dealer_(make_unconnected_dealer(context, endpoint, keys)),
      events_(watch(context, dealer_)),
      broken_left_(broken_max) {
  // Who says nothing may be stopped for a while: a greeting that takes too long would look like one
  // that was broken off.
  dealer_.set(zmq::sockopt::handshake_ivl, 0);
  // Watched before it connects: a refusal is told once.
  dealer_.connect(endpoint);
}

KnockAnswer Knock::wait(std::chrono::milliseconds bound) {
  const Clock::time_point end = Clock::now() + bound;
  while (answer_ == KnockAnswer::nobody) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    const auto event = next_event(std::max(left, std::chrono::milliseconds(0)));
    if (event) answer_ = *event;
    if (!event && left <= std::chrono::milliseconds(0)) break;
  }
  return answer_;
}

/// What the next event means; `nobody` when it means nothing yet.
std::optional<KnockAnswer> Knock::next_event(std::chrono::milliseconds bound) {
  events_.set(zmq::sockopt::rcvtimeo, static_cast<int>(bound.count()));
  zmq::message_t event;
  if (!events_.recv(event)) return std::nullopt;
  zmq::message_t address;
  (void)events_.recv(address);
  std::uint16_t kind = 0;
  std::memcpy(&kind, event.data(), std::min(event.size(), sizeof kind));
  switch (kind) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return KnockAnswer::let_in;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return KnockAnswer::key_refused;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      return KnockAnswer::other_keys;
    default:
      break;
  }
  return --broken_left_ > 0 ? KnockAnswer::nobody : KnockAnswer::other_keys;
}

std::string describe(KnockAnswer answer, const std::string& endpoint) {
  switch (answer) {
    case KnockAnswer::let_in:
      return "let in at " + endpoint;
    case KnockAnswer::key_refused:
      return "key refused at " + endpoint +
             ": the controller doesn't know the key of this connection file; copy the file again "
             "from the host on which the cluster was started";
    case KnockAnswer::other_keys:
      return "key refused at " + endpoint +
             ": what listens there isn't the controller that this connection file belongs to; the "
             "cluster was started again, or another one has its port; copy the file again from the "
             "host on which the cluster was started";
    case KnockAnswer::nobody:
      break;
  }
  return "nobody answers at " + endpoint +
         "; is the cluster running, and does a firewall let its ports through?";
}

}  // namespace muster::wire
