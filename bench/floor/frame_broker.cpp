#include "bench/floor/frame_broker.hpp"

#include <stdexcept>
#include <vector>

#include "bench/floor/bare_socket.hpp"

namespace muster::bench {
namespace {

/// Messages of one socket in one pass, so that neither side starves.
constexpr int pass_messages_max = 256;

class FrameBroker {
 public:
  FrameBroker(const Rendezvous& place, FrameLayout layout, std::size_t workers)
      : addressed_(layout.addressed),
        front_(make_router(context_, place.client_endpoint())),
        back_(make_router(context_, place.worker_endpoint())) {
    while (workers_.size() < workers) {
      wait_for_any({back_});
      Worker worker;
      zmq::message_t nothing;
      while (receive(back_, worker.address)) {
        receive_rest(back_, nothing);
        workers_.push_back(std::move(worker));
      }
    }
  }

  [[noreturn]] void run() {
    for (;;) {
      bool did = false;
      for (int i = 0; i < pass_messages_max && move_task(); ++i)
        did = true;
      for (int i = 0; i < pass_messages_max && move_reply(); ++i)
        did = true;
      if (!did) wait_for_any({front_, back_});
    }
  }

 private:
  struct Worker {
    zmq::message_t address;
    std::size_t held = 0;
  };

  /// The window is at most the sum of the credits, so there is one with room.
  Worker& worker_with_room() {
    for (std::size_t tried = 0; tried < workers_.size(); ++tried) {
      next_ = next_ + 1 < workers_.size() ? next_ + 1 : 0;
      if (workers_[next_].held < worker_credit) return workers_[next_];
    }
    throw std::runtime_error("the client's window is too large");
  }

  bool move_task() {
    zmq::message_t address;
    if (!receive(front_, address)) return false;
    Worker& worker = worker_with_room();
    ++worker.held;
    send(back_, worker.address.data(), worker.address.size(), true);
    if (client_.size() == 0) client_.copy(address);
    if (addressed_) send(back_, address, true);
    move_rest(front_, back_);
    return true;
  }

  bool move_reply() {
    zmq::message_t address;
    if (!receive(back_, address)) return false;
    for (Worker& worker : workers_) {
      if (worker.address == address) --worker.held;
    }
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
  zmq::context_t context_;
  zmq::socket_t front_;
  zmq::socket_t back_;
  std::vector<Worker> workers_;
  std::size_t next_ = 0;
  zmq::message_t client_;
};

}  // namespace

void run_frame_broker(const Rendezvous& place, FrameLayout layout, std::size_t workers) {
  FrameBroker(place, layout, workers).run();
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
