#include "launcher/status_request.hpp"

#include <algorithm>
#include <stdexcept>

#include <poll.h>
#include <unistd.h>
#include <zmq.hpp>

#include "protocol/cluster_directory.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/socket.hpp"
#include "protocol/way.hpp"

namespace muster::launcher {
namespace {

/// Without a word for so long the question, or its answer, went with a connection that broke. Each
/// time it waits twice as long: asking anew throws away what was on its way, and where answers are
/// slow, none would ever come in time.
constexpr std::chrono::seconds first_patience{1};

std::string ask(const wire::ConnectionFile& cluster, const wire::Header& question, wire::Bytes body,
                wire::Kind kind, std::chrono::milliseconds timeout) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const wire::Instant end = now() + timeout;
  zmq::context_t context;
  const wire::Way way = wire::way_to(cluster);
  zmq::socket_t socket = wire::make_dealer(context, way.control_endpoint, way.observer_keys);
  wire::Hello hello;
  hello.role = static_cast<std::uint8_t>(wire::Role::observer);
  hello.cluster = raw(cluster.uuid);
  hello.peer = raw(wire::Uuid::random());
  hello.pid = ::getpid();
  hello.program = "muster";
  wire::PeerLink link(hello, wire::Lane::Keep::nothing);
  link.restart(now());
  std::string answer;
  bool whole = false;
  bool refused = false;
  std::vector<detail::Buffer> frames;
  std::chrono::seconds patience = first_patience;
  wire::Instant ask_again = now() + patience;
  while (!whole && !refused && now() < end) {
    if (now() >= ask_again) {
      link.restart(now());
      patience *= 2;
      ask_again = now() + patience;
    }
    while (const auto frame = wire::receive(socket)) {
      ask_again = now() + patience;
      const bool opened =
          link.receive_control(wire::bytes_of(*frame), now(), [&](const wire::Record& record) {
            if (record.kind != kind) return;
            answer += wire::text_of(record.body);
            whole = record.flags == 1;
            refused = record.flags == wire::told_refused;
          });
      if (opened) {
        answer.clear();
        link.control().append(question, {}, body);
      }
    }
    if (link.state() == wire::PeerLink::State::ended) break;
    if (now() >= link.deadline()) link.tick(now());
    link.take(
        0, [&](detail::Buffer&& frame) { frames.push_back(std::move(frame)); },
        [](detail::Buffer&&) {});
    bool sent = false;
    while (!frames.empty() && wire::send(socket, frames.front()) == wire::Sent::yes) {
      frames.erase(frames.begin());
      sent = true;
    }
    if (sent || whole) continue;
    // A frame that waits for the connection is tried again soon.
    pollfd fd{wire::descriptor(socket), POLLIN, 0};
    ::poll(&fd, 1, frames.empty() ? 100 : 2);
  }
  if (whole) {
    link.control().append(wire::Header{.kind = wire::Kind::goodbye});
    link.take(
        0, [&](detail::Buffer&& frame) { wire::send(socket, frame); }, [](detail::Buffer&&) {});
    socket.set(zmq::sockopt::linger, 100);
    return answer;
  }
  if (refused) throw std::runtime_error(answer);
  if (!link.farewell().empty()) {
    throw std::runtime_error("the controller refused to answer: " + link.farewell());
  }
  throw NoAnswer("the controller (process " + std::to_string(cluster.controller_pid) +
                 (way.local ? "" : " of " + cluster.host) +
                 ") doesn't answer; see its log, or end it with: muster stop" +
                 wire::arguments_for({cluster.profile, cluster.cluster_id}));
}

}  // namespace

std::string request_status(const wire::ConnectionFile& cluster, std::chrono::milliseconds timeout) {
  return ask(cluster, {.kind = wire::Kind::status_request}, {}, wire::Kind::status, timeout);
}

std::string request_timeline(const wire::ConnectionFile& cluster,
                             std::chrono::milliseconds timeout) {
  return ask(cluster, {.kind = wire::Kind::timeline_request}, {}, wire::Kind::timeline, timeout);
}

std::string request(const wire::ConnectionFile& cluster, wire::Topic topic, wire::Bytes question,
                    std::chrono::milliseconds timeout) {
  const wire::Header header{
      .kind = wire::Kind::question, .attempt = 1, .code = static_cast<std::uint32_t>(topic)};
  return ask(cluster, header, question, wire::Kind::told, timeout);
}

}  // namespace muster::launcher
