#pragma once
// One client of one cluster: the thread that owns its sockets, around client/session.hpp.

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/pending.hpp>

#include "client/pending.hpp"
#include "client/session.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/socket.hpp"

namespace muster::detail {

/// All members may be called from any thread. The session is touched under `mutex_` only; the
/// sockets by the I/O thread only. Threads that wait for outcomes or for credit sleep on the
/// doorbell, which outlives this object as long as a result does.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Connects and begins to serve; doesn't wait for an answer. Throws ClusterError, zmq::error_t.
  Connection(const wire::ConnectionFile& cluster, const wire::Digest& image, std::string program);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  /// Waits for what is open (5 s at most), then takes leave of the cluster.
  ~Connection();

  /// Until the controller has answered, or `end`. Throws ConnectionLost.
  void wait_until_open(std::chrono::steady_clock::time_point end);

  PendingPtr submit(const Entry& entry, Buffer arguments, Buffer options);
  /// For an item of a map: null, and `arguments` as they were, when there is no credit.
  PendingPtr try_submit(const Entry& entry, Buffer& arguments, Buffer options,
                        std::shared_ptr<Completions> completions, std::size_t index);
  /// Until there is a completion or, `for_room`, credit or the end of the connection.
  bool wait_for_completion(const Completions& completions, bool for_room,
                           std::chrono::steady_clock::time_point end);
  void wish_cancel(const PendingPtr& task);
  /// The same, without waiting for the answer.
  void say_cancel(const PendingPtr& task);
  /// Throws ClusterError in the child after a fork, where nothing would ever arrive.
  void refuse_after_fork() const;
  /// Takes leave without waiting: what is open ends with ConnectionLost and this reason.
  void abandon(const std::string& reason);

 private:
  void serve();
  void serve_once();
  void wait_for_events();
  bool exchange();
  bool flush_frames();
  void take_frames();
  void controller_has_ended();
  void say_once_why_tasks_wait(client::Instant now);
  void ring_doorbell();
  void wake();
  void throw_if_lost() const;
  PendingPtr make_pending(std::size_t body_bytes);
  void begin(const Entry& entry, Buffer arguments, Buffer options, const PendingPtr& pending,
             std::unique_lock<std::mutex> lock);
  template <class Done>
  bool wait_for_news(std::chrono::steady_clock::time_point end, Done done);

  const unsigned generation_;  ///< of forks: in another one this object is of no use
  zmq::context_t context_;
  zmq::socket_t task_socket_;
  zmq::socket_t control_socket_;
  wire::Descriptor wake_;        ///< eventfd: submissions wait for the I/O thread
  wire::Descriptor controller_;  ///< pidfd of the controller on this host; may be none
  std::shared_ptr<Doorbell> doorbell_ = std::make_shared<Doorbell>();

  std::mutex mutex_;
  client::Session session_;
  std::string lost_;  ///< why the connection is over; empty while it isn't
  bool wake_rung_ = false;
  std::string leave_reason_;  ///< set when this side wants to end the connection

  // The I/O thread's own.
  std::deque<Buffer> task_frames_;
  std::deque<Buffer> control_frames_;
  std::uint64_t news_seen_ = 0;
  std::size_t open_seen_ = 0;
  client::Instant progress_{};
  bool waiting_said_ = false;
  std::atomic<bool> left_{false};
  std::thread thread_;  // last: it uses all of the above
};

/// A connection of this program to a cluster whose description is known. Doesn't wait for an
/// answer. Throws ClusterError when the program lacks the link options that engines need.
std::shared_ptr<Connection> connect_to(const wire::ConnectionFile& cluster);

/// A submission's options block; empty for the defaults.
Buffer encode_options(const ViewOptions& options);

}  // namespace muster::detail
