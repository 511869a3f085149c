#include "tests/simulation/simulation.hpp"

#include <algorithm>
#include <utility>

namespace muster::simulation {
namespace {

wire::Digest digest(std::uint8_t number) {
  wire::Digest digest;
  digest.bytes.fill(number);
  return digest;
}

constexpr std::uint8_t stock_image = 200;
constexpr Duration busy = 8s;        // work comes and faults happen within it
constexpr Duration patience = 120s;  // after the last fault everything settles within it

}  // namespace

Simulation::Simulation(const Shape& shape, std::uint64_t seed) : shape_(shape), world_(seed) {
  build();
}

void Simulation::build() {
  cluster_ = world_.random.uuid();
  controller::Core::Config config;
  config.cluster = cluster_;
  config.scheme = shape_.scheme;
  config.credit = shape_.credit;
  config.random = [this] { return world_.random.next() | 1; };
  controller_ = std::make_unique<ControllerProcess>(world_, ledger_, config);
  for (std::uint32_t i = 0; i < shape_.nodes; ++i) {
    launcher::NodeSession::Config node;
    node.cluster = cluster_;
    node.host = "host" + std::to_string(i);
    node.pid = 1 + i;
    node.slots = shape_.engines;
    node.stock_image = digest(stock_image);
    nodes_.push_back(std::make_shared<NodeProcess>(world_, controller_->network(), ledger_, node,
                                                   shape_.faults > 0 ? 10 : 0));
    nodes_.back()->start();
  }
  for (std::size_t i = 0; i < shape_.clients; ++i) {
    client::Session::Config client;
    client.cluster = cluster_;
    client.session = world_.random.uuid();
    client.image = digest(static_cast<std::uint8_t>(1 + i % shape_.images));
    client.pid = static_cast<std::int64_t>(10 + i);
    client.program = "program";
    clients_.push_back(
        std::make_shared<ClientProcess>(world_, controller_->network(), ledger_, client, i));
    clients_.back()->start();
  }
  checker_ = std::make_unique<Checker>(ledger_, *controller_, clients_, nodes_);
  controller_->on_pass = [this] { checker_->look_at_scheduler(); };
}

Script Simulation::random_script() {
  Random& random = world_.random;
  Script script;
  script.obeys_stop = random.chance(50);
  script.duration = random.chance(shape_.taking_long) ? random.between(100ms, 2s)
                    : random.chance(50)               ? random.between(20us, 300us)
                                                      : random.between(1ms, 80ms);
  if (random.chance(shape_.throwing)) {
    script.ends = Script::Ends::throws;
    script.throws = random.chance(25) ? UINT32_MAX : static_cast<std::uint32_t>(random.below(4));
    script.options.retries = static_cast<std::uint32_t>(random.below(4));
  } else if (shape_.faults > 0 && random.chance(7)) {
    script.ends = Script::Ends::kills_its_process;
    script.options.max_crashes = 1 + static_cast<std::uint32_t>(random.below(3));
  }
  return script;
}

void Simulation::write_scripts() {
  for (std::size_t i = 0; i < shape_.tasks; ++i) {
    TaskRecord record;
    record.script = random_script();
    record.client = world_.random.below(clients_.size());
    ledger_.tasks.push_back(std::move(record));
  }
}

void Simulation::plan_work(Duration span) {
  // In bursts, so that engines are now flooded and now idle.
  Instant burst = world_.now();
  for (std::size_t task = 0; task < ledger_.tasks.size(); ++task) {
    if (world_.random.chance(10)) {
      burst = world_.now() + world_.random.between(Duration::zero(), span);
    }
    const auto client = clients_[ledger_.tasks[task].client];
    world_.at(burst, [client, task] { client->submit(task); });
    if (!world_.random.chance(10)) continue;
    const Duration late = world_.random.chance(50) ? 200ms : 5ms;
    world_.at(burst + world_.random.between(Duration::zero(), late),
              [client, task] { client->cancel(task); });
  }
}

void Simulation::plan_faults(Duration span) {
  const std::uint64_t faults = world_.random.below(shape_.faults);
  for (std::uint64_t i = 0; i < faults; ++i) {
    world_.after(world_.random.between(Duration::zero(), span), [this] { one_fault(); });
  }
}

void Simulation::one_fault() {
  const std::uint64_t what = world_.random.below(20);
  if (what < 14) {
    hit_an_engine();
  } else if (what < 19) {
    hit_a_client();
  } else {
    hit_a_node();
  }
}

/// To lose its node is to lose every process of it, also those that start before it is noticed.
void Simulation::hit_a_node() {
  const auto node = nodes_[world_.random.below(nodes_.size())];
  for (Duration later{}; later <= 1s; later += 10ms) {
    world_.after(later, [this, node] {
      for (const auto& process : node->processes()) {
        ledger_.given_up.insert(process->pid());
        process->trouble();
      }
    });
  }
  controller_->network().cut(node->connection(), Network::Cut::both);
}

void Simulation::hit_an_engine() {
  std::vector<std::shared_ptr<EngineProcess>> living;
  for (const auto& node : nodes_) {
    for (const auto& process : node->processes()) {
      // Those that have served: an image whose processes die before that is given up, rightly.
      const bool served = process->session().peer_link().links_opened() > 0;
      if (process->alive() && served) living.push_back(process);
    }
  }
  if (living.empty()) return;
  const auto process = living[world_.random.below(living.size())];
  const std::uint64_t how = world_.random.below(10);
  if (how < 2) {
    process->kill(false);
  } else if (how < 4) {
    process->kill_before_next_send();
  } else if (how < 6) {
    process->cut_after_next_throw();
  } else if (how < 7) {
    process->stop(world_.random.between(100ms, 25s));
  } else {
    constexpr Network::Cut cuts[] = {Network::Cut::both, Network::Cut::both, Network::Cut::task,
                                     Network::Cut::control};
    process->trouble();
    controller_->network().cut(process->connection(), cuts[world_.random.below(4)]);
  }
}

void Simulation::hit_a_client() {
  const auto client = clients_[world_.random.below(clients_.size())];
  if (world_.random.chance(10)) {
    client->kill();
    return;
  }
  constexpr Network::Cut cuts[] = {Network::Cut::both, Network::Cut::task, Network::Cut::control};
  controller_->network().cut(client->connection(), cuts[world_.random.below(3)]);
  // Some sockets tell their owner.
  if (world_.random.chance(50)) {
    world_.after(world_.random.between(1ms, 100ms), [client] { client->restart(); });
  }
}

bool Simulation::settled() const {
  const controller::Scheduler& scheduler = controller_->core().scheduler();
  if (scheduler.waiting() != 0 || scheduler.held() != 0) return false;
  return std::all_of(ledger_.tasks.begin(), ledger_.tasks.end(), [this](const TaskRecord& record) {
    return record.seen_settled || !clients_[record.client]->alive();
  });
}

void Simulation::settle() {
  const Instant end = world_.now() + patience;
  while (world_.now() < end && !settled())
    world_.run_until(world_.now() + 1s);
}

Verdict Simulation::run() {
  write_scripts();
  plan_work(busy);
  if (shape_.faults > 0) plan_faults(busy);
  world_.run_until(world_.now() + busy);
  for (const auto& node : nodes_)
    node->stop_failing();
  settle();
  // Long enough for stopped processes to go on, for suspicion, and for acknowledgements.
  world_.run_until(world_.now() + 30s);
  checker_->begin_quiet();
  world_.run_until(world_.now() + 12s);
  checker_->look_at_quiet();
  checker_->look_at_end(shape_.faults == 0);
  for (const auto& client : clients_)
    client->restart();
  world_.run_until(world_.now() + 2s);
  checker_->look_at_resends();

  const controller::Core::Counts& counts = controller_->core().counts();
  return Verdict{ledger_.violations, controller_->log(),      counts.links,        counts.crashes,
                 counts.moves,       counts.dropped_outcomes, ledger_.tasks.size()};
}

}  // namespace muster::simulation
