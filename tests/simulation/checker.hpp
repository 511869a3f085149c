#pragma once
// What must hold in every run, whatever went wrong in it. It compares what the state machines say
// with what the world did (ledger.hpp), and asks them nothing that only they would know.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/client_process.hpp"
#include "tests/simulation/controller_process.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/node_process.hpp"
#include "tests/simulation/shape.hpp"

namespace muster::simulation {

class Checker {
 public:
  using Clients = std::vector<std::shared_ptr<ClientProcess>>;
  using Nodes = std::vector<std::shared_ptr<NodeProcess>>;

  Checker(const Shape& shape, const World& world, Ledger& ledger,
          const ControllerProcess& controller, const Clients& clients, const Nodes& nodes)
      : shape_(shape),
        world_(world),
        ledger_(ledger),
        controller_(controller),
        clients_(clients),
        nodes_(nodes) {}

  /// After each pass of the controller.
  void look_at_scheduler();
  /// When the controller drops the session whose id begins with these digits.
  void look_at_drop(const std::string& digits);
  bool keeps_dead_sessions() const;
  /// When everything should have settled.
  void look_at_end();
  /// Nothing was sent twice since this was called first, and no link was opened.
  void begin_quiet();
  void look_at_quiet();
  void look_at_resends();
  /// Around GOODBYE: before it is said, when it has arrived, and when all should have ended.
  void begin_goodbye();
  void end_goodbye();
  void look_at_goodbye();
  /// When the controller has been gone for long.
  void look_at_waits();

 private:
  void look_at_histories();
  void look_at_deaths(const TaskRecord& record, const std::vector<wire::Death>& deaths);
  void look_at_waits_of(std::size_t client);
  void look_at_drains();
  void look_at_fairness();
  void look_at_memory();
  void look_at_task(std::size_t task);
  void look_at_settled(std::size_t task);
  void look_at_runs(std::size_t task);
  void look_at_target(std::size_t task);
  void look_at_places(std::size_t task);
  bool engine_has(std::uint32_t engine, const wire::Resources& needs) const;
  bool may_be_gone(std::uint32_t engine) const;
  void look_at_what_it_waited_for(std::size_t task);
  void look_at_arguments(std::size_t task);
  void look_at_runs_of_the_dead(std::size_t task);
  void look_at_sessions();
  void look_at_engines();
  bool may_lack_a_node() const;
  bool lost_a_process(std::int64_t engine) const;
  std::string name(std::size_t task) const { return "task " + std::to_string(task) + ": "; }

  const Shape& shape_;
  const World& world_;
  Ledger& ledger_;
  const ControllerProcess& controller_;
  const Clients& clients_;
  const Nodes& nodes_;
  std::uint64_t crashes_seen_ = 0;
  std::uint64_t links_before_ = 0;
  std::uint64_t duplicates_before_ = 0;
  std::map<std::size_t, Instant> waiting_since_;                // by client
  std::map<controller::EngineRef, std::size_t> held_in_drain_;  // at the last look
  std::vector<std::size_t> addressees_;  // of GOODBYE: clients that can hear it
};

}  // namespace muster::simulation
