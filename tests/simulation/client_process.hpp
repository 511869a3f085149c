#pragma once
// A simulated client: the real client session, a program that submits and cancels, and an eye on
// every result.

#include <cstdint>
#include <deque>
#include <memory>

#include "client/session.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/network.hpp"

namespace muster::simulation {

class ClientProcess : public std::enable_shared_from_this<ClientProcess> {
 public:
  ClientProcess(World& world, Network& network, Ledger& ledger, client::Session::Config config,
                std::size_t index);
  void start();

  bool alive() const { return alive_; }
  const wire::Uuid& id() const { return config_.session; }
  const client::Session& session() const { return session_; }
  const ConnectionPtr& connection() const { return connection_; }

  /// Submits this task of the ledger, as soon as there is credit.
  void submit(std::size_t task);
  void cancel(std::size_t task);
  void kill();
  /// It noticed that its connection was replaced.
  void restart();

 private:
  void wake();
  void submit_waiting();
  void look_at_results();

  World& world_;
  Network& network_;
  Ledger& ledger_;
  const client::Session::Config config_;
  const std::size_t index_;
  client::Session session_;
  ConnectionPtr connection_;
  std::deque<std::size_t> unsubmitted_;
  std::uint64_t news_seen_ = 0;
  Instant armed_{};
  bool alive_ = true;
};

}  // namespace muster::simulation
