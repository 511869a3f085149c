#pragma once
// What must hold in every run, whatever went wrong in it. It compares what the state machines say
// with what the world did (ledger.hpp), and asks them nothing that only they would know.

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/simulation/client_process.hpp"
#include "tests/simulation/controller_process.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/node_process.hpp"

namespace muster::simulation {

class Checker {
 public:
  using Clients = std::vector<std::shared_ptr<ClientProcess>>;
  using Nodes = std::vector<std::shared_ptr<NodeProcess>>;

  Checker(Ledger& ledger, const ControllerProcess& controller, const Clients& clients,
          const Nodes& nodes)
      : ledger_(ledger), controller_(controller), clients_(clients), nodes_(nodes) {}

  /// After each pass of the controller.
  void look_at_scheduler();
  /// When everything should have settled. `fault_free`: no fault was planned at all.
  void look_at_end(bool fault_free);
  /// Nothing was sent twice since this was called first, and no link was opened.
  void begin_quiet();
  void look_at_quiet();
  void look_at_resends();

 private:
  void look_at_histories();
  void look_at_deaths(const TaskRecord& record, const std::vector<wire::Death>& deaths);
  void look_at_task(std::size_t task, bool fault_free);
  void look_at_settled(std::size_t task);
  void look_at_runs(std::size_t task, bool fault_free);
  void look_at_engines();
  std::string name(std::size_t task) const { return "task " + std::to_string(task) + ": "; }

  Ledger& ledger_;
  const ControllerProcess& controller_;
  const Clients& clients_;
  const Nodes& nodes_;
  std::uint64_t crashes_seen_ = 0;
  std::uint64_t links_before_ = 0;
  std::uint64_t duplicates_before_ = 0;
};

}  // namespace muster::simulation
