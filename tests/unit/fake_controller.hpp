#pragma once
// The controller's side of one link, for tests of the sessions of its peers: it welcomes, hears
// records and says what the test wants. It decides nothing.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocol/body.hpp"
#include "protocol/lane.hpp"
#include "protocol/message.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

struct Heard : Header {
  std::string options;
  std::string body;
  std::uint64_t watermark = 0;
  std::size_t chunk_bytes = 0;
};

class FakeController {
 public:
  Lane task;
  Lane control;
  std::vector<Heard> heard;  ///< all records since the last forget(), both sockets
  std::uint64_t hellos = 0;
  bool deaf = false;  ///< what arrives is lost

  void hear_control(Frame&& frame) { hear(control, frame); }
  void hear_task(Frame&& frame) { hear(task, frame); }

  /// The answer to the last HELLO.
  detail::Buffer welcome(std::uint64_t link, Welcome answer = {}) {
    task.open(link);
    control.open(link);
    answer.echo = hello_clock_;
    answer.credit_counter = 1000;
    const detail::Buffer body = pack(answer);
    control.append(Header{.kind = Kind::welcome}, {}, body.bytes());
    return std::move(frames(control).front().records);
  }
  static std::vector<Frame> frames(Lane& lane, bool acknowledge = false) {
    std::vector<Frame> frames;
    lane.take(0, acknowledge, [&](Frame&& frame) { frames.push_back(std::move(frame)); });
    return frames;
  }
  /// What was heard of this kind.
  std::vector<Heard> heard_of(Kind kind) const {
    std::vector<Heard> found;
    for (const Heard& record : heard) {
      if (record.kind == kind) found.push_back(record);
    }
    return found;
  }
  std::vector<Kind> heard_kinds() const {
    std::vector<Kind> kinds;
    for (const Heard& record : heard)
      kinds.push_back(record.kind);
    return kinds;
  }

 private:
  void hear(Lane& lane, const Frame& frame) {
    if (deaf) return;
    const std::optional<Message> message = read_message(frame.records.bytes());
    if (!message) return;
    RecordReader reader(message->records);
    Record record;
    if (message->link == 0) {
      if (!reader.next(record) || record.kind != Kind::hello) return;
      ++hellos;
      hello_clock_ = unpack<Hello>(record.body)->clock;
      return;
    }
    const std::size_t bytes = frame.records.size() + frame.chunk.size();
    if (lane.receive(*message, bytes, {}) != Arrival::next) return;
    while (reader.next(record)) {
      Heard heard_now;
      static_cast<Header&>(heard_now) = record;
      heard_now.options = text_of(record.options);
      heard_now.body = text_of(record.body);
      heard_now.watermark = message->watermark;
      heard_now.chunk_bytes = frame.chunk.size();
      heard.push_back(std::move(heard_now));
    }
  }

  std::int64_t hello_clock_ = 0;
};

}  // namespace muster::wire
