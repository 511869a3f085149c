#pragma once
// An engine's process: the thread that runs user code and the thread that listens meanwhile, around
// engine/session.hpp.

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include <muster/current_process.hpp>
#include <muster/detail/engine_values.hpp>
#include <muster/detail/entry.hpp>

#include "engine/alarm.hpp"
#include "engine/call.hpp"
#include "engine/capture.hpp"
#include "engine/page.hpp"
#include "engine/session.hpp"
#include "engine/start_record.hpp"
#include "protocol/bell.hpp"
#include "protocol/engine_mark.hpp"
#include "protocol/own_engine.hpp"
#include "protocol/polled_socket.hpp"
#include "protocol/socket.hpp"

namespace muster::engine {

/// Two threads share the session and the task socket under one mutex, held for microseconds and
/// never while user code runs. The executing thread (the main one) looks at the task socket between
/// tasks and while it is idle, so that a task costs no hand-over between threads. The listening
/// thread owns the control socket; it looks at the task socket when an order, a heartbeat or a
/// timer gives reason to, which is how an engine answers while its user's code runs for an hour.
class Process final : public detail::OwnEngine {
 public:
  Process(const StartRecord& record, const detail::EngineMark& mark, Page& page,
          const detail::TaskTable& tasks);
  /// Runs until the node or the controller ends it.
  [[noreturn]] void run();

  // What clients that its tasks make may ask of it (rule 33).
  const wire::Uuid& cluster() const override { return record_.cluster; }
  const std::string& task_endpoint() const override { return record_.task_endpoint; }
  const std::string& control_endpoint() const override { return record_.control_endpoint; }
  wire::Process process() const override;
  bool executes_here() const override { return std::this_thread::get_id() == executor_; }
  void note_command(std::int32_t group) override {
    page_.command_group.store(group, std::memory_order_release);
  }
  wire::OutcomeKind run_here(std::string_view entry, wire::Bytes arguments, int attempt,
                             const detail::BoundStore* values,
                             const std::vector<std::string>& shared,
                             detail::Buffer& result) override;

 private:
  class TaskContext;

  // Executing thread.
  [[noreturn]] void execute_for_ever();
  std::optional<Job> next_job(Instant now);
  wire::OutcomeKind execute(const Code& code, const Job& job, detail::Buffer& body);
  CurrentProcess current_process();
  std::optional<wire::OutcomeKind> prepare(const Job& job, muster::Context& context,
                                           detail::Buffer& body);
  bool begin_prepared();
  std::optional<wire::OutcomeKind> execute_run(const Code& code, Job& job, detail::Buffer& body);
  detail::RunStop call_in_one_loop(const Code& code, ItemRun& run,
                                   std::optional<wire::OutcomeKind>& kind, detail::Buffer& body);
  detail::RunStop call_each(const Code& code, Job& job, std::optional<wire::OutcomeKind>& kind,
                            detail::Buffer& body);
  void gather_output(const Job& job, bool buffered, std::unique_lock<std::mutex>& lock);
  void finish(wire::OutcomeKind kind, detail::Buffer& body, Instant now);
  const Code& code_of(std::uint32_t index);
  void wait_for_tasks();

  // Listening thread.
  [[noreturn]] void listen_for_ever();
  bool takes_too_much() const;
  bool has_rested();
  void wait_for_orders(Instant deadline, bool tasks_too);
  void send_control();
  void watch_task(Instant time);
  void hear_node();
  static void end_unless_node_lives();
  [[noreturn]] void end_over_limit(bool run_limit);
  [[noreturn]] void leave();

  // Either, under mutex_.
  bool look_at_task_socket(Instant now);
  void flush(Instant now);
  void send_task_frames();
  void say_output(const Author& author);
  static Author author_of(const Job& job);
  void arm_alarm(std::chrono::nanoseconds run_limit = {});

  const std::thread::id executor_ = std::this_thread::get_id();
  StartRecord record_;
  int node_;
  Page& page_;
  const detail::TaskTable& tasks_;
  Capture capture_;
  zmq::context_t context_;
  zmq::socket_t task_socket_;
  wire::PolledSocket control_;  // the listening thread's
  const int task_descriptor_;   ///< asked once: a socket may be asked by one thread at a time only
  wire::Bell tasks_arrived_;    ///< rung for the executing thread
  wire::Bell control_due_;      ///< rung for the listening thread
  Alarm alarm_;                 ///< rings for the listening thread while user code runs

  std::mutex mutex_;
  Session session_;
  std::deque<wire::Frame> task_frames_;  ///< not taken by the socket yet
  std::deque<detail::Buffer> control_frames_;
  bool idle_ = false;  ///< the executing thread waits, or is about to
  int rests_ = 0;      ///< looks in a row that have found it so
  /// The task socket was looked at until there was nothing, and not used since: only then may
  /// anybody sleep on its descriptor.
  bool task_socket_dry_ = false;
  bool answer_due_ = false;  ///< what arrived last was seen after the last words were said
  bool alarm_armed_ = false;
  Instant looked_{};                 ///< when the task socket was last drained
  Instant job_began_{};              ///< the executing one
  Instant news_said_{};              ///< when the other thread last did, of a task that runs
  std::optional<Author> author_;     ///< of output of the executing task that was said already
  std::stop_source stop_;            ///< of the executing task
  bool stop_was_asked_ = false;      ///< by user code, so it may be held beyond the task
  bool stop_was_ordered_ = false;    ///< of the present source, which the next task must not share
  std::deque<Code> codes_;           ///< by the session's index; keep their places
  detail::EngineValues values_;      ///< the executing thread's
  std::chrono::nanoseconds init_{};  ///< what initializers have taken
  std::map<const Initializer*, detail::Buffer> failed_;  ///< and what has become of initializers
};

}  // namespace muster::engine
