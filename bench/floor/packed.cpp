// How many tasks a second a bare broker moves when a message carries many of them.
//   floor_packed SECONDS
// Each process packs what it has when it has drained its sockets, and never waits in order to pack.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

#include "bench/floor/bare_socket.hpp"
#include "bench/floor/rendezvous.hpp"
#include "bench/floor/roles.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

constexpr std::size_t workers = 4;
constexpr std::size_t worker_credit = 256;
constexpr std::size_t message_records_max = 256;
constexpr int pass_messages_max = 256;
static_assert(window <= workers * worker_credit);

struct Record {
  std::array<std::byte, 32> header;
  std::array<std::byte, body_bytes> body;
};

std::size_t records_of(const zmq::message_t& message) {
  if (message.size() % sizeof(Record) != 0) throw std::runtime_error("half a record");
  return message.size() / sizeof(Record);
}

Record record_of(const zmq::message_t& message, std::size_t index) {
  Record record;
  // A frame's bytes aren't aligned for anything.
  std::memcpy(&record, static_cast<const std::byte*>(message.data()) + index * sizeof(Record),
              sizeof(Record));
  return record;
}

/// Records on their way to one peer.
class Pack {
 public:
  Pack() { records_.reserve(message_records_max); }

  void add(const Record& record) { records_.push_back(record); }
  bool full() const { return records_.size() == message_records_max; }
  bool empty() const { return records_.empty(); }

  /// To the peer with this address, or to the only one there is.
  void send_off(zmq::socket_t& socket, const zmq::message_t* address = nullptr) {
    if (empty()) return;
    if (address != nullptr) send(socket, address->data(), address->size(), true);
    send(socket, records_.data(), records_.size() * sizeof(Record), false);
    records_.clear();
  }

 private:
  std::vector<Record> records_;
};

class Broker {
 public:
  explicit Broker(const Rendezvous& place)
      : front_(make_router(context_, place.client_endpoint())),
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
      for (int i = 0; i < pass_messages_max && take_tasks(); ++i)
        did = true;
      for (int i = 0; i < pass_messages_max && take_replies(); ++i)
        did = true;
      if (!did) {
        wait_for_any({front_, back_});
        continue;
      }
      for (Worker& worker : workers_)
        worker.tasks.send_off(back_, &worker.address);
      replies_.send_off(front_, &client_);
    }
  }

 private:
  struct Worker {
    zmq::message_t address;
    std::size_t held = 0;
    Pack tasks;
  };

  /// The window is at most the sum of the credits, so there is one with room.
  Worker& worker_with_room() {
    for (std::size_t tried = 0; tried < workers_.size(); ++tried) {
      next_ = next_ + 1 < workers_.size() ? next_ + 1 : 0;
      if (workers_[next_].held < worker_credit) return workers_[next_];
    }
    throw std::runtime_error("the client's window is too large");
  }

  bool take_tasks() {
    zmq::message_t address, message;
    if (!receive(front_, address)) return false;
    receive_rest(front_, message);
    if (client_.size() == 0) client_.copy(address);
    for (std::size_t i = 0; i < records_of(message); ++i) {
      Worker& worker = worker_with_room();
      ++worker.held;
      worker.tasks.add(record_of(message, i));
      if (worker.tasks.full()) worker.tasks.send_off(back_, &worker.address);
    }
    return true;
  }

  bool take_replies() {
    zmq::message_t address, message;
    if (!receive(back_, address)) return false;
    receive_rest(back_, message);
    const std::size_t records = records_of(message);
    for (Worker& worker : workers_) {
      if (worker.address == address) worker.held -= records;
    }
    for (std::size_t i = 0; i < records; ++i) {
      replies_.add(record_of(message, i));
      if (replies_.full()) replies_.send_off(front_, &client_);
    }
    return true;
  }

  zmq::context_t context_;
  zmq::socket_t front_;
  zmq::socket_t back_;
  std::vector<Worker> workers_;
  std::size_t next_ = 0;
  zmq::message_t client_;
  Pack replies_;
};

void run_worker(const Rendezvous& place) {
  zmq::context_t context;
  zmq::socket_t socket = make_dealer(context, place.worker_endpoint());
  wait_for_connection(socket);
  send(socket, nullptr, 0, false);
  Pack replies;
  for (zmq::message_t message;;) {
    while (receive(socket, message)) {
      for (std::size_t i = 0; i < records_of(message); ++i) {
        replies.add(record_of(message, i));
        if (replies.full()) replies.send_off(socket);
      }
    }
    if (replies.empty()) wait_for_any({socket});
    replies.send_off(socket);
  }
}

void run(double seconds) {
  const Rendezvous place;
  Roles roles;
  roles.start([&] { Broker(place).run(); });
  for (std::size_t i = 0; i < workers; ++i)
    roles.start([&] { run_worker(place); });

  zmq::context_t context;
  zmq::socket_t socket = make_dealer(context, place.client_endpoint());
  wait_for_connection(socket);
  std::uint64_t sent = 0, ended = 0;
  Pack tasks;
  Rate rate(seconds);
  for (zmq::message_t message; rate.goes_on(ended);) {
    for (; sent - ended < window; ++sent) {
      tasks.add({});
      if (tasks.full()) tasks.send_off(socket);
    }
    tasks.send_off(socket);
    const std::uint64_t before = ended;
    while (receive(socket, message))
      ended += records_of(message);
    if (ended == before) wait_for_any({socket});
  }
  roles.end();
  rate.print();
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? std::atof(argv[1]) : 1.0);
}
