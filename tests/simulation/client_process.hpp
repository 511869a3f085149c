#pragma once
// A simulated client: the real client session, a program that submits and cancels, and an eye on
// every result.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client/notices.hpp"
#include "client/session.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/pause.hpp"

namespace muster::simulation {

class ClientProcess : public std::enable_shared_from_this<ClientProcess> {
 public:
  /// `awaiting`: percent of its submissions that wait for some of its earlier tasks, `following`:
  /// of these that run where those ran.
  ClientProcess(World& world, Network& network, Ledger& ledger, client::Session::Config config,
                std::size_t index, unsigned awaiting, unsigned following);
  void start();

  bool alive() const { return alive_; }
  const wire::Uuid& id() const { return config_.session; }
  const client::Session& session() const { return session_; }
  const ConnectionPtr& connection() const { return connection_; }

  /// Submits this task of the ledger, as soon as there is credit; or a row of them, which have the
  /// same options.
  void submit(std::vector<std::size_t> row);
  void cancel(std::size_t task);
  /// For so long its program is in a task that waits for all that it has submitted: what nobody
  /// has begun it runs itself (rule 33).
  void help(Duration length);
  /// The process that such runs name.
  std::int64_t own_pid() const { return 1'000'000 + static_cast<std::int64_t>(index_); }
  /// Its session outlives it.
  void keep();
  /// Asks for the outcome of a task of whichever session.
  std::shared_ptr<detail::Pending> ask_for(const wire::Uuid& session, std::uint64_t counter);
  void kill();
  void stop(Duration length);
  /// It noticed that its connection was replaced.
  void restart();
  /// Its connection is replaced. One such cut must not cost it its session; several may.
  void cut();
  /// Something keeps it from reaching the controller for this long.
  void trouble(Duration length);
  bool reachable() const {
    return alive_ && world_.now() >= std::max(reachable_from_, last_cut_ + 5s);
  }
  /// When it should have had the time to open a new link after what went wrong last.
  Instant reachable_from() const { return reachable_from_; }

 private:
  void wake();
  void receive(Port port, const wire::Frame& frame);
  void submit_waiting();
  void wish_cancel(std::size_t task);
  void submit_row(const std::vector<std::size_t>& row);
  void share(detail::Buffer& body, Script& script);
  client::PrerequisitesPtr wait_for_some(const std::vector<std::size_t>& row);
  void borrow();
  void begin_own(client::Session::OwnTask own);
  void end_own();
  void look_at_own_runs(TaskRecord& settled);
  void take_item_outcomes();
  void look_at_results();
  void look_at_waits();

  World& world_;
  Network& network_;
  Ledger& ledger_;
  const client::Session::Config config_;
  const std::size_t index_;
  const unsigned awaiting_;
  const unsigned following_;
  std::vector<std::size_t> submitted_;
  client::Session session_;
  client::Notices notices_;
  Pause pause_;
  ConnectionPtr connection_;
  std::deque<std::vector<std::size_t>> unsubmitted_;
  const std::shared_ptr<detail::ItemOutcomes> outcomes_ = std::make_shared<detail::ItemOutcomes>();
  std::vector<std::size_t> items_;  // of rows, by the places that outcomes_ speak of
  std::uint64_t news_seen_ = 0;
  Instant armed_{};
  Instant reachable_from_{};
  Instant last_cut_{};
  struct OwnRun {
    client::Borrowed borrowed;
    std::size_t task;
    std::size_t run;
    Instant ends;
  };
  std::optional<OwnRun> own_run_;
  bool helps_ = false;
  Instant helps_until_{};
  bool alive_ = true;
  bool lost_ = false;  // it has given the controller up
};

}  // namespace muster::simulation
