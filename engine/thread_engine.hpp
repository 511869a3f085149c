#pragma once
// An engine that is a thread of the program instead of a process of its own: for functions that
// share the program's memory, for debugging, for tests. What a process is needed for isn't here:
// nothing can be ended by force, and a function that crashes takes the program along.

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <zmq.hpp>

#include <muster/current_process.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/engine_values.hpp>
#include <muster/detail/entry.hpp>

#include "engine/call.hpp"
#include "engine/session.hpp"
#include "engine/start_record.hpp"
#include "protocol/bell.hpp"
#include "protocol/frame.hpp"

namespace muster::engine {

/// Has two threads, as an engine's process has: one runs user code, the other listens meanwhile.
/// Both use the session and the task socket under one mutex, which isn't held while user code runs.
class ThreadEngine {
 public:
  /// `on_end` is called once, by the thread that executes tasks, when it has done its last one:
  /// after end(), or when the controller has ended the conversation. Throws zmq::error_t.
  ThreadEngine(zmq::context_t& context, const StartRecord& record, const detail::TaskTable& tasks,
               std::function<void()> on_end);
  ThreadEngine(const ThreadEngine&) = delete;
  ThreadEngine& operator=(const ThreadEngine&) = delete;
  /// end(), and waits until the task that is executed has returned.
  ~ThreadEngine();

  /// Nothing more is started, and what is executed is asked to stop. Doesn't wait.
  void end();

 private:
  class TaskContext;

  // The executing thread.
  void execute_until_end();
  wire::OutcomeKind execute(const Job& job, std::stop_token stop, detail::Buffer& body);
  std::optional<wire::OutcomeKind> prepare(const Job& job, muster::Context& context,
                                           detail::Buffer& body);
  void finish(wire::OutcomeKind kind, detail::Buffer& body, Instant now);
  const Code& code_of(std::uint32_t index);
  CurrentProcess current_process();

  // The listening thread.
  void listen_until_end();

  // Either, under mutex_.
  bool look_at_task_socket(Instant now);
  void flush(Instant now);
  bool send_task_frames();
  bool send_control();
  Instant look_again(Instant now) const;
  void say_published();

  const StartRecord record_;
  const detail::TaskTable& tasks_;
  const std::function<void()> on_end_;
  zmq::socket_t task_socket_;
  zmq::socket_t control_socket_;
  const int task_descriptor_;
  wire::Bell tasks_arrived_;         ///< rung for the executing thread
  wire::Bell control_due_;           ///< rung for the listening thread
  std::atomic<bool> ending_{false};  ///< nothing more is started
  std::atomic<bool> ended_{false};   ///< the executing thread has done its last task

  std::mutex mutex_;
  Session session_;
  std::deque<wire::Frame> task_frames_;  ///< not taken by the socket yet
  std::deque<detail::Buffer> control_frames_;
  bool idle_ = true;                 ///< the executing thread waits, or is about to
  bool soon_ = false;                ///< the listening thread looks again soon, whatever happens
  std::stop_source stop_;            ///< of the executing task
  std::optional<Author> author_;     ///< of what the executing task publishes
  std::deque<Code> codes_;           ///< by the session's index; keep their places
  detail::EngineValues values_;      ///< the executing thread's
  std::chrono::nanoseconds init_{};  ///< what initializers have taken
  std::map<const Initializer*, detail::Buffer> failed_;  ///< and what has become of them

  std::thread executing_;
  std::thread listening_;
};

}  // namespace muster::engine
