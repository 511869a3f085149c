#pragma once
// The controller of the simulation: the real core, driven as its loop drives it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "controller/core.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/pause.hpp"

namespace muster::simulation {

class ControllerProcess {
 public:
  ControllerProcess(World& world, Ledger& ledger, controller::Core::Config config);

  Network& network() { return network_; }
  const controller::Core& core() const { return core_; }
  const std::vector<std::string>& log() const { return log_; }
  /// Called after each pass.
  std::function<void()> on_pass;
  /// Called with the first eight digits of each session that is dropped.
  std::function<void(const std::string&)> on_drop;
  void stop(Duration length) { pause_.stop(length); }
  bool stopped() const { return pause_.stopped(); }
  /// Ends the cluster: says GOODBYE to all, and neither hears nor says anything from then on.
  void say_goodbye();
  /// The same without a word.
  void vanish() { over_ = true; }

 private:
  void pass_soon();
  void pass();
  void keep_log();

  World& world_;
  Ledger& ledger_;
  controller::Core core_;
  Pause pause_;
  Network network_;
  std::vector<std::string> log_;
  bool pass_due_ = false;
  bool over_ = false;
};

}  // namespace muster::simulation
