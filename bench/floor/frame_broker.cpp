#include "bench/floor/frame_broker.hpp"

#include "bench/floor/bare_broker.hpp"
#include "bench/floor/bare_socket.hpp"

namespace muster::bench {
namespace {

struct Worker {
  zmq::message_t address;
  std::size_t held = 0;
};

class FrameBroker {
 public:
  FrameBroker(const Rendezvous& place, FrameLayout layout, std::size_t workers, std::size_t credit)
      : addressed_(layout.addressed), broker_(place, workers, credit) {}

  [[noreturn]] void run() {
    broker_.run([this] { return broker_.has_room(); }, [this] { return move_task(); },
                [this] { return move_reply(); }, [] {});
  }

 private:
  bool move_task() {
    zmq::message_t address;
    if (!receive(front_, address)) return false;
    const Worker& worker = broker_.fill_next();
    send(back_, worker.address.data(), worker.address.size(), true);
    if (client_.size() == 0) client_.copy(address);
    if (addressed_) send(back_, address, true);
    move_rest(front_, back_);
    return true;
  }

  bool move_reply() {
    zmq::message_t address;
    if (!receive(back_, address)) return false;
    broker_.release(address, 1);
    if (addressed_) {
      receive_rest(back_, address);
      send(front_, address, true);
    } else {
      send(front_, client_.data(), client_.size(), true);
    }
    move_rest(back_, front_);
    return true;
  }

  static void move_rest(zmq::socket_t& from, zmq::socket_t& to) {
    zmq::message_t frame;
    for (bool more = true; more;) {
      receive_rest(from, frame);
      more = frame.more();
      send(to, frame, more);
    }
  }

  const bool addressed_;
  BareBroker<Worker> broker_;
  zmq::socket_t& front_ = broker_.front();
  zmq::socket_t& back_ = broker_.back();
  zmq::message_t client_;
};

}  // namespace

void run_frame_broker(const Rendezvous& place, FrameLayout layout, std::size_t workers,
                      std::size_t credit) {
  FrameBroker(place, layout, workers, credit).run();
}

void run_frame_worker(const Rendezvous& place) {
  zmq::context_t context;
  zmq::socket_t socket = make_dealer(context, place.worker_endpoint());
  wait_for_connection(socket);
  send(socket, nullptr, 0, false);
  for (zmq::message_t frame;;) {
    // The frames of a task are its result, too.
    while (receive(socket, frame)) {
      const bool more = frame.more();
      send(socket, frame, more);
    }
    wait_for_any({socket});
  }
}

}  // namespace muster::bench
