// How many tasks a second a bare broker moves when a message carries many of them.
//   floor_packed SECONDS [CREDIT]
// Each process packs what it has when it has drained its sockets, and never waits in order to pack.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

#include "bench/floor/bare_broker.hpp"
#include "bench/floor/bare_socket.hpp"
#include "bench/floor/rendezvous.hpp"
#include "bench/floor/roles.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

constexpr std::size_t workers = 4;
constexpr std::size_t message_records_max = 256;

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

struct Worker {
  zmq::message_t address;
  std::size_t held = 0;
  Pack tasks;
};

class Broker {
 public:
  Broker(const Rendezvous& place, std::size_t credit) : broker_(place, workers, credit) {}

  [[noreturn]] void run() {
    broker_.run([this] { return next_ == records_of(message_); }, [this] { return take_tasks(); },
                [this] { return take_replies(); }, [this] { send_off(); });
  }

 private:
  void send_off() {
    for (Worker& worker : broker_.workers())
      worker.tasks.send_off(back_, &worker.address);
    replies_.send_off(front_, &client_);
  }

  bool take_tasks() {
    zmq::message_t address;
    if (!receive(front_, address)) return false;
    receive_rest(front_, message_);
    next_ = 0;
    if (client_.size() == 0) client_.copy(address);
    deal();
    return true;
  }

  void deal() {
    for (; next_ < records_of(message_) && broker_.has_room(); ++next_) {
      Worker& worker = broker_.fill_next();
      worker.tasks.add(record_of(message_, next_));
      if (worker.tasks.full()) worker.tasks.send_off(back_, &worker.address);
    }
  }

  bool take_replies() {
    zmq::message_t address, message;
    if (!receive(back_, address)) return false;
    receive_rest(back_, message);
    const std::size_t records = records_of(message);
    broker_.release(address, records);
    for (std::size_t i = 0; i < records; ++i) {
      replies_.add(record_of(message, i));
      if (replies_.full()) replies_.send_off(front_, &client_);
    }
    deal();
    return true;
  }

  BareBroker<Worker> broker_;
  zmq::socket_t& front_ = broker_.front();
  zmq::socket_t& back_ = broker_.back();
  zmq::message_t client_;
  zmq::message_t message_;  // the tasks that came last, of which those from next_ on wait for room
  std::size_t next_ = 0;
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

void run(double seconds, std::size_t credit) {
  const Rendezvous place;
  Roles roles;
  roles.start([&] { Broker(place, credit).run(); });
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
  muster::bench::run(
      argc > 1 ? std::atof(argv[1]) : 1.0,
      argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : muster::bench::default_credit);
}
