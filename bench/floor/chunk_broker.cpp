#include "bench/floor/chunk_broker.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "bench/floor/bare_broker.hpp"
#include "bench/floor/bare_socket.hpp"

namespace muster::bench {
namespace {

struct Worker {
  zmq::message_t address;
  std::size_t held = 0;
};

ParcelHeader header_of(const zmq::message_t& frame) {
  ParcelHeader header;
  if (frame.size() != sizeof header) throw std::runtime_error("a parcel without a header");
  std::memcpy(&header, frame.data(), sizeof header);
  return header;
}

}  // namespace

void send_parcel(zmq::socket_t& socket, ParcelHeader header, zmq::message_t content) {
  send(socket, &header, sizeof header, true);
  send(socket, content, false);
}

void LargeBody::send_on(zmq::socket_t& socket, std::uint8_t worker) {
  while (sent_ < memory_.size() &&
         (sent_ + chunk_bytes - 1) / chunk_bytes - taken_ < chunks_on_their_way) {
    const std::size_t size = std::min(chunk_bytes, memory_.size() - sent_);
    // It outlives the message: the other end has the last chunk before anything else happens.
    send_parcel(socket, {worker, Parcel::chunk},
                zmq::message_t(memory_.data() + sent_, size, [](void*, void*) {}));
    sent_ += size;
  }
}

bool LargeBody::receive(const zmq::message_t& chunk) {
  if (chunk.size() > memory_.size() - arrived_) throw std::runtime_error("too many chunks");
  std::memcpy(memory_.data() + arrived_, chunk.data(), chunk.size());
  arrived_ += chunk.size();
  return arrived_ == memory_.size();
}

void run_chunk_broker(const Rendezvous& place, std::size_t workers) {
  BareBroker<Worker> broker(place, workers, default_credit);
  zmq::message_t client, address, header, content;
  const auto take_tasks = [&] {
    if (!receive(broker.front(), address)) return false;
    if (client.size() == 0) client.copy(address);
    receive_rest(broker.front(), header);
    receive_rest(broker.front(), content);
    const zmq::message_t& worker = broker.workers().at(header_of(header).worker).address;
    send(broker.back(), worker.data(), worker.size(), true);
    send(broker.back(), header, true);
    send(broker.back(), content, false);
    return true;
  };
  const auto take_replies = [&] {
    if (!receive(broker.back(), address)) return false;
    receive_rest(broker.back(), header);
    receive_rest(broker.back(), content);
    send(broker.front(), client.data(), client.size(), true);
    send(broker.front(), header, true);
    send(broker.front(), content, false);
    return true;
  };
  broker.run([] { return true; }, take_tasks, take_replies, [] {});
}

void run_chunk_worker(const Rendezvous& place, std::size_t bytes) {
  zmq::context_t context;
  LargeBody body(bytes);
  zmq::socket_t socket = make_dealer(context, place.worker_endpoint());
  wait_for_connection(socket);
  send(socket, nullptr, 0, false);
  for (zmq::message_t frame, content;;) {
    wait_for_any({socket});
    while (receive(socket, frame)) {
      receive_rest(socket, content);
      const ParcelHeader header = header_of(frame);
      switch (header.kind) {
        case Parcel::small:
          send_parcel(socket, header, std::move(content));
          break;
        case Parcel::chunk:
          send_parcel(socket, {header.worker, Parcel::taken}, {});
          if (body.receive(content)) {
            body.begin_receiving();
            body.begin_sending();
            body.send_on(socket, header.worker);
          }
          break;
        case Parcel::taken:
          body.note_taken();
          body.send_on(socket, header.worker);
          break;
      }
    }
  }
}

}  // namespace muster::bench
