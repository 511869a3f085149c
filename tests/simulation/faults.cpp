#include "tests/simulation/faults.hpp"

namespace muster::simulation {

struct Faults::Kind {
  unsigned Mix::*weight;
  void (Faults::*engine)(EngineProcess&) = nullptr;
  void (Faults::*node)(NodeProcess&) = nullptr;
  void (Faults::*client)(ClientProcess&) = nullptr;
  void (Faults::*controller)(ControllerProcess&) = nullptr;
  void (Faults::*machine)() = nullptr;
};

const std::vector<Faults::Kind>& Faults::table() {
  static const std::vector<Kind> kinds{
      {.weight = &Mix::kill_engine, .engine = &Faults::kill},
      {.weight = &Mix::cut_engine, .engine = &Faults::cut},
      {.weight = &Mix::stop_engine, .engine = &Faults::stop},
      {.weight = &Mix::disturb_engine, .engine = &Faults::disturb},
      {.weight = &Mix::part_engine, .engine = &Faults::part},
      {.weight = &Mix::lose_node, .node = &Faults::lose},
      {.weight = &Mix::leave_node, .node = &Faults::leave},
      {.weight = &Mix::drain_node, .node = &Faults::drain},
      {.weight = &Mix::stop_node, .node = &Faults::stop},
      {.weight = &Mix::disturb_node, .node = &Faults::disturb},
      {.weight = &Mix::part_node, .node = &Faults::part},
      {.weight = &Mix::kill_client, .client = &Faults::kill},
      {.weight = &Mix::cut_client, .client = &Faults::cut},
      {.weight = &Mix::stop_client, .client = &Faults::stop},
      {.weight = &Mix::disturb_client, .client = &Faults::disturb},
      {.weight = &Mix::part_client, .client = &Faults::part},
      {.weight = &Mix::stop_controller, .controller = &Faults::stop},
      {.weight = &Mix::suspend_all, .machine = &Faults::suspend},
      {.weight = &Mix::kill_controller, .controller = &Faults::kill},
  };
  return kinds;
}

void Faults::plan(const Shape& shape, Duration span) {
  if (shape.faults == 0) return;
  const std::uint64_t count = world_.random.below(shape.faults);
  for (std::uint64_t i = 0; i < count; ++i) {
    world_.after(world_.random.between(Duration::zero(), span),
                 [this, mix = shape.mix] { strike(mix); });
  }
}

void Faults::strike(const Mix& mix) {
  std::uint64_t sum = 0;
  for (const Kind& kind : table())
    sum += mix.*kind.weight;
  std::uint64_t chosen = world_.random.below(sum);
  for (const Kind& kind : table()) {
    if (chosen >= mix.*kind.weight) {
      chosen -= mix.*kind.weight;
      continue;
    }
    if (kind.engine != nullptr) {
      if (const auto process = a_serving_process()) (this->*kind.engine)(*process);
    } else if (kind.node != nullptr) {
      (this->*kind.node)(*nodes_[world_.random.below(nodes_.size())]);
    } else if (kind.client != nullptr) {
      (this->*kind.client)(*clients_[world_.random.below(clients_.size())]);
    } else if (kind.controller != nullptr) {
      (this->*kind.controller)(controller_);
    } else {
      (this->*kind.machine)();
    }
    return;
  }
}

/// Mostly too short to be noticed, sometimes long enough for suspicion, sometimes for death.
Duration Faults::some_while() {
  return world_.random.chance(60)   ? world_.random.between(10ms, 2s)
         : world_.random.chance(60) ? world_.random.between(2s, 7s)
                                    : world_.random.between(7s, longest_fault);
}

Weather Faults::unrest() {
  Weather weather;
  weather.until = world_.now() + world_.random.between(50ms, 5s);
  if (world_.random.chance(60)) weather.delay_max = world_.random.between(1ms, 1s);
  if (world_.random.chance(60)) weather.duplicated = 5 + world_.random.below(60);
  if (world_.random.chance(40)) weather.reordered = 1 + world_.random.below(20);
  return weather;
}

Weather Faults::partition(Duration length) {
  return {.until = world_.now() + length, .parted = true, .loses = world_.random.chance(50)};
}

// --- engines ---

std::shared_ptr<EngineProcess> Faults::a_serving_process() {
  std::vector<std::shared_ptr<EngineProcess>> living;
  for (const auto& node : nodes_) {
    for (const auto& process : node->processes()) {
      // Those that have served: an image whose processes die before that is given up, rightly.
      const bool served = process->session().peer_link().links_opened() > 0;
      if (process->alive() && served) living.push_back(process);
    }
  }
  return living.empty() ? nullptr : living[world_.random.below(living.size())];
}

void Faults::kill(EngineProcess& engine) {
  if (world_.random.chance(50)) {
    engine.kill(false);
  } else {
    engine.kill_before_next_send();
  }
}

void Faults::cut(EngineProcess& engine) {
  if (world_.random.chance(40)) {
    engine.cut_after_next_throw();
    return;
  }
  constexpr Network::Cut cuts[] = {Network::Cut::both, Network::Cut::both, Network::Cut::task,
                                   Network::Cut::control};
  engine.trouble();
  controller_.network().cut(engine.connection(), cuts[world_.random.below(4)]);
}

void Faults::stop(EngineProcess& engine) {
  engine.stop(some_while());
}

void Faults::disturb(EngineProcess& engine) {
  engine.trouble();
  controller_.network().set_weather(engine.connection(), unrest());
}

void Faults::part(EngineProcess& engine) {
  const Duration length = some_while();
  engine.trouble();
  if (length > maybe_dead_after) ledger_.given_up.insert(engine.pid());
  controller_.network().set_weather(engine.connection(), partition(length));
}

// --- nodes ---

/// Those that it has, and those that it starts before it knows better.
void Faults::give_up_processes_of(NodeProcess& node, Duration length) {
  ledger_.node_given_up = true;
  for (Duration later{}; later <= length; later += 10ms) {
    world_.after(later, [this, &node] {
      for (const auto& process : node.processes()) {
        ledger_.given_up.insert(process->pid());
        process->trouble();
      }
    });
  }
}

/// To lose its node is to lose every process of it, also those that start before it is noticed.
void Faults::lose(NodeProcess& node) {
  give_up_processes_of(node, 1s);
  controller_.network().cut(node.connection(), Network::Cut::both);
}

/// The cluster keeps as many engines, in the end.
void Faults::leave(NodeProcess& node) {
  if (node.left() || node.departing()) return;
  node.depart();
  world_.after(world_.random.between(Duration::zero(), 3s), [this] { join_node(); });
}

/// Some tasks take longer than it waits.
void Faults::drain(NodeProcess& node) {
  if (node.left() || node.departing() || node.draining()) return;
  node.drain(world_.random.between(Duration::zero(), 2s));
  world_.after(world_.random.between(Duration::zero(), 3s), [this] { join_node(); });
}

void Faults::stop(NodeProcess& node) {
  const Duration length = some_while();
  if (length > maybe_dead_after) give_up_processes_of(node, length + 1s);
  node.stop(length);
}

void Faults::disturb(NodeProcess& node) {
  controller_.network().set_weather(node.connection(), unrest());
}

void Faults::part(NodeProcess& node) {
  const Duration length = some_while();
  if (length > maybe_dead_after) give_up_processes_of(node, length + 1s);
  const Weather weather = partition(length);
  controller_.network().set_weather(node.connection(), weather);
  for (const auto& process : node.processes()) {
    if (!process->alive()) continue;
    process->trouble();
    controller_.network().set_weather(process->connection(), weather);
  }
}

// --- clients ---

void Faults::kill(ClientProcess& client) {
  client.kill();
}

void Faults::cut(ClientProcess& client) {
  constexpr Network::Cut cuts[] = {Network::Cut::both, Network::Cut::task, Network::Cut::control};
  client.cut();
  controller_.network().cut(client.connection(), cuts[world_.random.below(3)]);
  // Some sockets tell their owner.
  if (world_.random.chance(50)) {
    world_.after(world_.random.between(1ms, 100ms), [&client] { client.restart(); });
  }
}

void Faults::stop(ClientProcess& client) {
  client.stop(some_while());
}

void Faults::disturb(ClientProcess& client) {
  const Weather weather = unrest();
  client.trouble(weather.until - world_.now());
  controller_.network().set_weather(client.connection(), weather);
}

void Faults::part(ClientProcess& client) {
  const Duration length = some_while();
  client.trouble(length);
  controller_.network().set_weather(client.connection(), partition(length));
}

void Faults::interrupt(ClientProcess& client) {
  world_.after(world_.random.between(10us, 2ms), [this, &client] {
    if (world_.random.chance(30)) {
      kill(client);
    } else {
      cut(client);
    }
  });
}

void Faults::interrupt(NodeProcess& node) {
  world_.after(world_.random.between(10us, 2ms), [this, &node] { lose(node); });
}

// --- the controller ---

void Faults::stop(ControllerProcess& controller) {
  controller.stop(some_while());
}

/// Nobody was silent for anybody: no process may be given up.
void Faults::suspend() {
  const Duration length = longest_fault;
  controller_.stop(length);
  for (const auto& client : clients_)
    client->stop(length);
  for (const auto& node : nodes_) {
    node->stop(length);
    for (const auto& process : node->processes())
      process->suspend(length);
  }
}

/// Outcomes that it had applied are lost with it, unless their clients have them; those that it
/// hadn't are with their engines, if these live.
void Faults::kill(ControllerProcess& controller) {
  if (!controller.alive()) return;
  const Duration length =
      world_.random.chance(80) ? world_.random.between(10ms, 2s) : world_.random.between(2s, 10s);
  for (TaskRecord& record : ledger_.tasks) {
    for (Run& run : record.runs)
      run.arrives = run.arrives && record.seen_settled;
  }
  for (const auto& node : nodes_) {
    for (const auto& process : node->processes())
      process->controller_dies();
  }
  for (const auto& client : clients_)
    client->trouble(length);
  controller.kill(length);
}

}  // namespace muster::simulation
