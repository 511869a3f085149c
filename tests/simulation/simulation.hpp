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
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/node_process.hpp"
#include "tests/simulation/world.hpp"

namespace muster::simulation {

/// How many of each there are, and how the controller schedules. What goes wrong, and when, is the
/// seed's.
struct Shape {
  std::string name;
  std::size_t clients = 1;
  std::size_t images = 1;  ///< client k runs image k modulo this
  std::uint32_t nodes = 1;
  std::uint32_t engines = 3;  ///< of each node
  std::uint32_t credit = 4;
  controller::Scheme scheme = controller::Scheme::leastload;
  std::size_t tasks = 60;
  std::uint64_t faults = 16;  ///< fewer than this many
  unsigned throwing = 25;     ///< percent of the tasks
  unsigned taking_long = 10;  ///< percent: up to two seconds
};

struct Verdict {
  std::vector<std::string> violations;
  std::vector<std::string> log;  ///< the controller's, for whoever replays the seed
  std::uint64_t links = 0;
  std::uint64_t crashes = 0;
  std::uint64_t moves = 0;
  std::uint64_t dropped_outcomes = 0;
  std::uint64_t tasks = 0;
};

class Simulation {
 public:
  Simulation(const Shape& shape, std::uint64_t seed);
  Verdict run();

 private:
  void build();
  void write_scripts();
  Script random_script();
  void plan_work(Duration span);
  void plan_faults(Duration span);
  void one_fault();
  void hit_an_engine();
  void hit_a_client();
  void hit_a_node();
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
};

}  // namespace muster::simulation
