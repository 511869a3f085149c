#pragma once
// What may go wrong: a table of faults (faults.cpp), from which a shape's mix chooses.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/simulation/client_process.hpp"
#include "tests/simulation/controller_process.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/node_process.hpp"
#include "tests/simulation/shape.hpp"

namespace muster::simulation {

class Faults {
 public:
  using Clients = std::vector<std::shared_ptr<ClientProcess>>;
  using Nodes = std::vector<std::shared_ptr<NodeProcess>>;

  Faults(World& world, Ledger& ledger, ControllerProcess& controller, const Clients& clients,
         const Nodes& nodes)
      : world_(world), ledger_(ledger), controller_(controller), clients_(clients), nodes_(nodes) {}

  /// Fewer than `shape.faults` of them, each at some instant of the `span` from now.
  void plan(const Shape& shape, Duration span);
  /// In a moment: while what it sends or gets now is on its way.
  void interrupt(ClientProcess& client);
  void interrupt(NodeProcess& node);

  /// Adds a node, in place of one that left.
  std::function<void()> join_node;

 private:
  struct Kind;
  static const std::vector<Kind>& table();

  void strike(const Mix& mix);
  void kill(EngineProcess& engine);
  void cut(EngineProcess& engine);
  void stop(EngineProcess& engine);
  void disturb(EngineProcess& engine);
  void part(EngineProcess& engine);
  void lose(NodeProcess& node);
  void leave(NodeProcess& node);
  void drain(NodeProcess& node);
  void stop(NodeProcess& node);
  void disturb(NodeProcess& node);
  void part(NodeProcess& node);
  void kill(ClientProcess& client);
  void cut(ClientProcess& client);
  void stop(ClientProcess& client);
  void disturb(ClientProcess& client);
  void part(ClientProcess& client);
  void stop(ControllerProcess& controller);
  void suspend();
  void kill(ControllerProcess& controller);

  Duration some_while();
  Weather unrest();
  Weather partition(Duration length);
  void give_up_processes_of(NodeProcess& node, Duration length);
  std::shared_ptr<EngineProcess> a_serving_process();

  World& world_;
  Ledger& ledger_;
  ControllerProcess& controller_;
  const Clients& clients_;
  const Nodes& nodes_;
};

}  // namespace muster::simulation
