#pragma once
// One whole simulated cluster from one seed: builds it, gives it work and faults, lets it settle,
// and says what was wrong.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/checker.hpp"
#include "tests/simulation/client_process.hpp"
#include "tests/simulation/controller_process.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/node_process.hpp"
#include "tests/simulation/shape.hpp"
#include "tests/simulation/world.hpp"

namespace muster::simulation {

struct Verdict {
  std::vector<std::string> violations;
  std::vector<std::string> log;  ///< the controller's, for whoever replays the seed
  std::uint64_t links = 0;
  std::uint64_t crashes = 0;
  std::uint64_t moves = 0;
  std::uint64_t dropped_outcomes = 0;
  std::uint64_t recalled = 0;  ///< tasks that engines gave back because others were idle
  std::uint64_t tasks = 0;
  Network::Counts network;
  std::uint64_t held_back = 0;  ///< times that a session left too many outcomes untaken
  std::uint64_t restarts = 0;   ///< of the controller
  std::uint64_t asked_again = 0;
  std::uint64_t adopted = 0;  ///< tasks that engines went on with after one
  std::uint64_t image_bytes_sent = 0;
  std::uint64_t image_bytes_received = 0;
  std::uint64_t values_sent = 0;
  std::uint64_t values_to_hosts = 0;
  std::uint64_t values_handed_over = 0;
  std::uint64_t replaced = 0;        ///< processes that had retired
  std::uint64_t run_by_clients = 0;  ///< runs of tasks in their own clients (rule 33)
  std::uint64_t timed_out[4] = {};   ///< tasks, by the limit that they passed
};

class Simulation {
 public:
  Simulation(const Shape& shape, std::uint64_t seed);
  Verdict run();

 private:
  void run_to_verdict();
  Verdict verdict() const;
  void build();
  void join_node();
  std::shared_ptr<ClientProcess> make_client();
  void write_scripts();
  Script random_script();
  std::size_t random_size();
  detail::BoundValuePtr some_value();
  void restrict(Script& script);
  void limit(Script& script);
  void plan_work(Duration span);
  std::vector<std::size_t> random_row(std::size_t first);
  void run_to_the_end();
  void run_to_goodbye();
  void run_to_silence();
  void ask_for_the_dead();
  bool settled() const;
  void settle();

  const Shape shape_;
  World world_;
  Ledger ledger_;
  wire::Uuid cluster_;
  std::unique_ptr<ControllerProcess> controller_;
  std::vector<std::shared_ptr<NodeProcess>> nodes_;
  std::vector<std::shared_ptr<ClientProcess>> clients_;
  std::unique_ptr<Checker> checker_;
  std::unique_ptr<Faults> faults_;
};

}  // namespace muster::simulation
