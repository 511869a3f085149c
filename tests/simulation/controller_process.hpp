#pragma once
// The controller of the simulation: the real core, driven as its loop drives it.

#include <cstdint>
#include <functional>
#include <memory>
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
  /// The one that runs, or ran last.
  const controller::Core& core() const { return *core_; }
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
  /// kill -9, and started again after `length`: it has lost all but what it kept on disk, which is
  /// its epoch and the fleet that it knew.
  void kill(Duration length);
  bool alive() const { return core_alive_; }
  std::uint64_t restarts() const { return config_.epoch - 1; }
  /// How many tasks engines went on with that a killed one had dispatched.
  std::uint64_t adopted() const { return adopted_ + core_->counts().adopted; }

 private:
  void receive(Port port, RouteId route, const FramePtr& frame);
  void start_again();
  void pass_soon();
  void pass();
  void keep_log();
  void carry_out(const controller::LookForFile& order);
  void carry_out(const controller::ReadPart& order);
  void carry_out(const controller::WritePart& order);
  void carry_out(const controller::CheckFile& order);
  void carry_out(const controller::ReleaseFile& order);
  void later(Duration most, const std::function<void()>& event);

  World& world_;
  Ledger& ledger_;
  controller::Core::Config config_;
  std::unique_ptr<controller::Core> core_;
  bool core_alive_ = true;
  bool keeps_frames_ = false;  // those that are sent to it while it is away reach its successor
  std::vector<std::function<void()>> kept_frames_;
  std::uint64_t adopted_ = 0;
  Depot depot_;  // what has arrived of files
  Pause pause_;
  Network network_;
  std::vector<std::string> log_;
  bool pass_due_ = false;
  bool over_ = false;
};

}  // namespace muster::simulation
