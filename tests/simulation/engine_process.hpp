#pragma once
// A simulated process of an engine: the real engine session, an executor that only takes time, and
// the page that survives the process.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/session.hpp"
#include "launcher/node_session.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/network.hpp"

namespace muster::simulation {

class EngineProcess : public std::enable_shared_from_this<EngineProcess> {
 public:
  using OnEnd = std::function<void(launcher::ProcessEnd)>;

  EngineProcess(World& world, Network& network, Ledger& ledger, engine::Session::Config config,
                OnEnd on_end);
  void start();

  bool alive() const { return alive_; }
  std::int64_t pid() const { return config_.pid; }
  std::uint32_t engine() const { return config_.engine; }
  const wire::Digest& image() const { return config_.image; }
  const engine::Session& session() const { return session_; }
  const ConnectionPtr& connection() const { return connection_; }

  /// Its outcomes may go astray from now on.
  void trouble() { troubled_ = true; }
  /// Outcomes that it sent and doesn't keep any more may be nowhere now.
  void controller_dies();
  /// Its node hands it a bound value, which it sees after a while.
  void take_from_node(const launcher::GiveOrder& order, const detail::Buffer& bytes);
  /// SIGKILL.
  void kill(bool by_order);
  /// The same, because it had retired: all that it has said has arrived.
  void replace();
  /// SIGKILL, if the page says that its task is over its run limit.
  void kill_if_over_limit();
  /// Dies when an outcome is ready and not yet sent.
  void kill_before_next_send() { dies_before_send_ = true; }
  /// Loses its connection when its next exception may have arrived, but not the answer to it.
  void cut_after_next_throw() { cut_after_throw_ = true; }
  /// SIGSTOP, and SIGCONT after `length`.
  void stop(Duration length);
  /// The same, with the whole machine.
  void suspend(Duration length);

 private:
  /// engine/page.hpp without the atomics: nobody reads it before the process has ended.
  struct Page {
    bool executing = false;
    std::optional<std::size_t> task;  ///< the last that began
    wire::Uuid session;
    std::uint64_t counter = 0;
    std::uint64_t attempt = 0;
    std::uint64_t link = 0;
    std::uint64_t sent_sequence = 0;
    std::int64_t must_end_ns = 0;
  };

  void wake();
  void wake_at(Instant when);
  bool read_control();
  void read_tasks();
  void step();
  std::optional<engine::Job> next_job();
  void end_run();
  void finish(wire::OutcomeKind kind, detail::Buffer body);
  void start_tasks();
  void end_task();
  void send();
  void note_sent();
  void note_outcomes(wire::Bytes frame);
  void end(int signal, int exit_code, bool by_order, bool over_limit = false);

  World& world_;
  Network& network_;
  Ledger& ledger_;
  const engine::Session::Config config_;
  OnEnd on_end_;
  engine::Session session_;
  ConnectionPtr connection_;
  Page page_;
  std::deque<FramePtr> control_inbox_;
  std::deque<FramePtr> task_inbox_;
  engine::Job in_run_;                // its last item, if it is in a run
  std::uint64_t run_items_left_ = 0;  // after so many it looks up, as a real one does by the clock
  std::optional<std::size_t> task_;   // what the executor is in, by its index in the ledger
  std::size_t run_ = 0;               // and which of its runs
  Instant started_at_{};
  Instant ends_at_{};
  Instant stopped_until_{};
  Instant armed_{};
  bool alive_ = true;
  bool dies_before_send_ = false;
  bool cut_after_throw_ = false;
  bool troubled_ = false;
  bool replaced_ = false;
  std::vector<std::pair<std::size_t, std::size_t>> unsent_;  // task and run, outcome buffered
  std::vector<std::pair<std::size_t, std::size_t>> sent_;
  struct SentOutcome {
    std::uint64_t sequence;
    std::size_t task;
  };
  std::vector<SentOutcome> outcomes_;  // on this link
  std::uint64_t outcomes_link_ = 0;
};

}  // namespace muster::simulation
