#pragma once
// The controller of the simulation: the real core, driven as its loop drives it.

#include <cstdint>
#include <string>
#include <vector>

#include "controller/core.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/network.hpp"

namespace muster::simulation {

class ControllerProcess {
 public:
  ControllerProcess(World& world, Ledger& ledger, controller::Core::Config config);

  Network& network() { return network_; }
  const controller::Core& core() const { return core_; }
  const std::vector<std::string>& log() const { return log_; }
  /// Called after each pass.
  std::function<void()> on_pass;

 private:
  void pass_soon();
  void pass();
  void keep_log();

  World& world_;
  Ledger& ledger_;
  controller::Core core_;
  Network network_;
  std::vector<std::string> log_;
  bool pass_due_ = false;
};

}  // namespace muster::simulation
