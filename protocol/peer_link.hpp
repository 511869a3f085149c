#pragma once
// A peer's side of its link with the controller: what clients, engines and nodes have in common.
// Says HELLO until it is answered, numbers and checks messages on both sockets, beats, notices
// silence, and begins again when a link is over. Without sockets or clock.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/clock_offset.hpp"
#include "protocol/lane.hpp"

namespace muster::wire {

class PeerLink {
 public:
  enum class State {
    greeting,  ///< HELLO was said, or is about to be, and not answered yet
    open,      ///< both sides name the same link
    ended,     ///< the controller said GOODBYE; nothing more will be sent
  };

  /// `hello` is said at each opening, with a new clock. `keep` is the task lane's, or, for roles
  /// without a task socket, the control lane's.
  PeerLink(Hello hello, Lane::Keep keep);

  State state() const { return state_; }
  bool open() const { return state_ == State::open; }
  /// Why the controller said GOODBYE.
  const std::string& farewell() const { return farewell_; }
  const Welcome& welcome() const { return welcome_; }
  const ClockOffset& clock() const { return clock_; }
  Hello& hello() { return hello_; }
  Lane& task() { return task_; }
  Lane& control() { return control_; }
  const Lane& task() const { return task_; }
  std::uint64_t links_opened() const { return links_opened_; }

  /// A frame from the control socket. `apply` gets each record that isn't the link's own business,
  /// and each heartbeat. `now` is read after the frame has come, not when its turn began: it is
  /// compared with the controller's clock, and a thread may lose its processor between the two.
  /// True when this frame opened a link: the owner then says on both lanes what it holds.
  template <class Apply>
  bool receive_control(Bytes frame, Instant now, Apply&& apply) {
    const std::optional<Message> message = read_message(frame);
    if (!message || state_ == State::ended) return false;
    if (message->link != control_.link() || !open()) return receive_greeting(*message, now);
    return receive(control_, *message, frame.size(), now, apply);
  }

  /// A message from the task socket; `chunk_bytes` of a body came beside it.
  template <class Apply>
  void receive_task(Bytes frame, std::size_t chunk_bytes, Instant now, Apply&& apply) {
    const std::optional<Message> message = read_message(frame);
    if (!message || !open()) return;
    receive(task_, *message, frame.size() + chunk_bytes, now, apply);
  }

  /// Call it when `deadline()` has passed. True when a heartbeat is due: the owner calls beat().
  bool tick(Instant now);
  Instant deadline() const;
  /// Sends this heartbeat, with the clock filled in, and acknowledges what is unacknowledged.
  void beat(Heartbeat heartbeat, Instant now);

  /// The link is over (a connection was replaced, a message was malformed): greet again at once.
  void restart(Instant now);

  /// Hands each frame that waits to `send_control` or `send_task` (callables on Frame&&), in order
  /// per socket.
  template <class SendControl, class SendTask>
  void take(std::uint64_t watermark, SendControl&& send_control, SendTask&& send_task) {
    for (detail::Buffer& frame : greetings_)
      send_control(std::move(frame));
    greetings_.clear();
    control_.take(watermark, acknowledge_, send_control);
    task_.take(watermark, acknowledge_, send_task);
    acknowledge_ = false;
  }

 private:
  bool receive_greeting(const Message& message, Instant now);
  void apply_own(const Record& record, Instant now);
  void greet(Instant now);

  template <class Apply>
  bool receive(Lane& lane, const Message& message, std::size_t bytes, Instant now, Apply&& apply) {
    const Arrival arrival = lane.receive(message, bytes, now);
    if (arrival == Arrival::gap) restart(now);
    if (arrival != Arrival::next) return false;
    RecordReader reader(message.records);
    Record record;
    while (reader.next(record)) {
      if (record.kind <= Kind::heartbeat) {
        apply_own(record, now);
        if (!open()) return false;
      }
      if (record.kind >= Kind::heartbeat) apply(record);
    }
    if (reader.malformed()) restart(now);
    return false;
  }

  Hello hello_;
  const bool has_task_socket_;
  Welcome welcome_;
  State state_ = State::greeting;
  std::string farewell_;
  Lane task_;
  Lane control_;
  ClockOffset clock_;
  Instant next_hello_{};
  Instant next_beat_{};
  Instant task_silence_since_{};
  bool acknowledge_ = false;
  std::uint64_t links_opened_ = 0;
  std::vector<detail::Buffer> greetings_;
};

/// Nanoseconds of a monotonic instant, as they stand in greetings and heartbeats.
inline std::int64_t nanoseconds_of(Instant instant) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(instant.time_since_epoch()).count();
}

}  // namespace muster::wire
