#pragma once
// What bare brokers have in common, whatever a message holds: two sockets, workers that have room
// or haven't, and the order in which the sockets are looked at.

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

#include "bench/floor/bare_socket.hpp"
#include "bench/floor/rendezvous.hpp"

namespace muster::bench {

inline constexpr std::size_t default_credit = 256;  ///< tasks that a worker may hold

/// `Worker` has the members `address` and `held`, the number of its tasks.
template <class Worker>
class BareBroker {
 public:
  /// Returns when so many workers have said hello.
  BareBroker(const Rendezvous& place, std::size_t workers, std::size_t credit)
      : front_(make_router(context_, place.client_endpoint())),
        back_(make_router(context_, place.worker_endpoint())),
        credit_(credit),
        room_(workers * credit) {
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

  zmq::socket_t& front() { return front_; }
  zmq::socket_t& back() { return back_; }
  std::vector<Worker>& workers() { return workers_; }

  bool has_room() const { return room_ > 0; }

  /// The worker that gets the next task, in turn. Requires has_room().
  Worker& fill_next() {
    assert(has_room());
    do {
      next_ = next_ + 1 < workers_.size() ? next_ + 1 : 0;
    } while (workers_[next_].held == credit_);
    ++workers_[next_].held;
    --room_;
    return workers_[next_];
  }

  void release(const zmq::message_t& address, std::size_t tasks) {
    for (Worker& worker : workers_) {
      if (worker.address == address) worker.held -= tasks;
    }
    room_ += tasks;
  }

  /// Both take one message and say whether there was one; tasks are left where they are while
  /// `wants_tasks` says no. `end_pass` comes after each pass with any message.
  template <class WantsTasks, class TakeTasks, class TakeReplies, class EndPass>
  [[noreturn]] void run(WantsTasks wants_tasks, TakeTasks take_tasks, TakeReplies take_replies,
                        EndPass end_pass) {
    constexpr int pass_messages_max = 256;  // of one socket, so that neither side starves
    for (;;) {
      bool did = false;
      for (int i = 0; i < pass_messages_max && wants_tasks() && take_tasks(); ++i)
        did = true;
      for (int i = 0; i < pass_messages_max && take_replies(); ++i)
        did = true;
      if (did) {
        end_pass();
      } else if (wants_tasks()) {
        wait_for_any({front_, back_});
      } else {
        wait_for_any({back_});
      }
    }
  }

 private:
  zmq::context_t context_;
  zmq::socket_t front_;
  zmq::socket_t back_;
  const std::size_t credit_;
  std::size_t room_;  // tasks that all workers together may still get
  std::vector<Worker> workers_;
  std::size_t next_ = 0;
};

}  // namespace muster::bench
