#include "tests/simulation/simulation.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "protocol/limits.hpp"
#include "tests/simulation/limit_checks.hpp"

namespace muster::simulation {
namespace {

constexpr std::uint8_t stock_image = 200;
constexpr Duration starting = 500ms;  // nodes have told of their engines
constexpr Duration busy = 8s;         // work comes and faults begin within it
// The bound within which everything settles after the last fault has begun. The longest way: a stop
// of 25 s, then a client that died in silence: 15 s until its link ends, 60 s until its session is
// dropped, and what its tasks kept waiting.
constexpr Duration patience = 120s;
constexpr Duration on_its_way = 31ms;  // GOODBYE to those with whom nothing is wrong
constexpr Duration farewell = 2s;      // after GOODBYE nothing is left within this
// Rule 29: a minute after the controller was heard last, a client's waits end. It may have been
// stopped itself until the end of the longest fault.
constexpr Duration silence_max = longest_fault + 65s;
constexpr Duration far_too_long = 20s;  // for any limit, with all that may come on top of it

}  // namespace

Simulation::Simulation(const Shape& shape, std::uint64_t seed) : shape_(shape), world_(seed) {
  ledger_.when_violated = [this] { world_.stop(); };
  build();
}

void Simulation::build() {
  cluster_ = world_.random.uuid();
  controller::Core::Config config;
  config.cluster = cluster_;
  config.scheme = shape_.scheme;
  config.credit = shape_.credit;
  if (shape_.naming > 0 && !shape_.fault_free()) config.bound_values_max = 1'000'000;
  config.host_value_min = 200'000;
  if (!shape_.fault_free()) ledger_.values_refused = 5;
  if (shape_.untaken > 0) config.outcomes.session = shape_.untaken;
  config.random = [this] { return world_.random.next() | 1; };
  ledger_.files.far = shape_.far;
  ledger_.files.damaged = shape_.damaged;
  ledger_.files.interrupted = shape_.interrupted;
  ledger_.files.interrupt_client = [this](std::size_t i) { faults_->interrupt(*clients_[i]); };
  ledger_.files.interrupt_node = [this](std::size_t i) { faults_->interrupt(*nodes_[i]); };
  controller_ = std::make_unique<ControllerProcess>(world_, ledger_, config);
  for (std::uint32_t i = 0; i < shape_.nodes; ++i)
    join_node();
  for (std::size_t i = 0; i < shape_.clients; ++i) {
    clients_.push_back(make_client());
    if (shape_.keeping) clients_.back()->keep();
    clients_.back()->start();
  }
  checker_ = std::make_unique<Checker>(shape_, world_, ledger_, *controller_, clients_, nodes_);
  controller_->on_pass = [this] { checker_->look_at_scheduler(); };
  controller_->on_drop = [this](const std::string& session) { checker_->look_at_drop(session); };
  faults_ = std::make_unique<Faults>(world_, ledger_, *controller_, clients_, nodes_);
  faults_->join_node = [this] { join_node(); };
}

std::shared_ptr<ClientProcess> Simulation::make_client() {
  const std::size_t i = clients_.size();
  client::Session::Config client;
  client.cluster = cluster_;
  client.session = world_.random.uuid();
  client.image = image_number(static_cast<std::uint8_t>(1 + i % shape_.images));
  client.pid = static_cast<std::int64_t>(10 + i);
  client.program = "program";
  // Little enough that values are forgotten, and come again.
  if (shape_.naming > 0 && !shape_.fault_free()) client.bound_values_max = 400'000;
  if (shape_.far > 0) {
    client.parts = {part_of(client.image)};
    client.read_file = [this, i](const wire::Digest& file, std::uint64_t offset,
                                 std::uint32_t bytes) {
      if (ledger_.files.is_interrupted(world_)) ledger_.files.interrupt_client(i);
      return ledger_.files.read(world_, file, offset, bytes);
    };
  }
  return std::make_shared<ClientProcess>(world_, controller_->network(), ledger_, client, i,
                                         shape_.awaiting, shape_.restricted);
}

void Simulation::join_node() {
  const std::size_t number = nodes_.size();
  launcher::NodeSession::Config node;
  node.cluster = cluster_;
  node.host = "host" + std::to_string(number);
  node.pid = static_cast<std::int64_t>(1 + number);
  node.slots = shape_.engines;
  node.resources = wire::Resources({"memory=" + std::to_string(1 + number)});
  node.stock_image = image_number(stock_image);
  nodes_.push_back(std::make_shared<NodeProcess>(world_, controller_->network(), ledger_, node,
                                                 shape_.faults > 0 ? 10 : 0));
  nodes_.back()->start();
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
  } else if (shape_.mix.kill_engine > 0 && shape_.faults > 0 && random.chance(7)) {
    script.ends = Script::Ends::kills_its_process;
    script.options.max_crashes = 1 + static_cast<std::uint32_t>(random.below(3));
  }
  if (random.chance(shape_.addressed)) {
    // One in twenty: to an engine that doesn't exist.
    const std::uint64_t engines = shape_.nodes * shape_.engines;
    script.options.target = static_cast<std::int64_t>(random.chance(5) ? engines + random.below(5)
                                                                       : random.below(engines));
  }
  if (shape_.restricted > 0 && random.chance(shape_.restricted)) restrict(script);
  if (shape_.large > 0) {
    if (random.chance(shape_.large)) script.argument_bytes = random_size();
    if (random.chance(shape_.large)) script.value_bytes = random_size();
  }
  if (shape_.limited > 0 && random.chance(shape_.limited)) limit(script);
  if (shape_.wearing > 0 && random.chance(shape_.wearing))
    script.options.lifespan = 1 + static_cast<std::uint32_t>(random.below(6));
  if (shape_.naming > 0 && random.chance(shape_.naming)) {
    for (std::uint64_t left = 1 + random.below(2); left > 0; --left)
      script.values.push_back(some_value());
    for (const detail::BoundValuePtr& value : script.values)
      script.options.values += value->name;
  }
  script.shares = shape_.sharing > 0 && random.chance(shape_.sharing);
  return script;
}

/// One of a few, of which the larger ones stream; all clients have the same.
detail::BoundValuePtr Simulation::some_value() {
  const std::uint64_t number = world_.random.below(6);
  constexpr std::size_t sizes[] = {24, 4'000, 60'000, 90'000, 300'000, 1'500'000};
  return detail::make_bound_value("value", body_from(number, sizes[number]));
}

/// To some engines, of which a few don't exist, or not yet; or to those of some hosts.
void Simulation::restrict(Script& script) {
  Random& random = world_.random;
  const std::uint64_t engines = shape_.nodes * shape_.engines;
  std::set<std::uint32_t> some;
  for (std::uint64_t left = 1 + random.below(engines); left > 0; --left)
    some.insert(static_cast<std::uint32_t>(random.below(engines + random.chance(5))));
  const std::vector<std::uint32_t> ascending(some.begin(), some.end());
  const bool needs = shape_.needing > 0 && random.chance(shape_.needing);
  if (needs) script.options.needs = {"memory=" + std::to_string(1 + random.below(shape_.nodes))};
  if (!needs || random.chance(30)) script.options.engines = wire::runs_of(ascending);
  script.options.target = -1;
  if (random.chance(50)) script.options.priority = static_cast<std::int32_t>(random.below(5)) - 2;
}

/// Of a body that streams: some of one chunk, some of many.
std::size_t Simulation::random_size() {
  const std::uint64_t most =
      world_.random.chance(50) ? 3 * wire::inline_body_max : 8 * wire::chunk_bytes_max;
  return wire::inline_body_max + 1 + world_.random.below(most);
}

void Simulation::limit(Script& script) {
  Random& random = world_.random;
  const auto some = [&](Duration most) { return random.between(500us, most).count(); };
  if (random.chance(50)) script.options.queue_ns = some(1s);
  if (random.chance(50)) script.options.run_ns = some(500ms);
  if (random.chance(50)) script.options.total_ns = some(3s);
  if (script.options.queue_ns == 0 && script.options.run_ns == 0)
    script.options.total_ns = some(3s);
  const bool ended = script.options.run_ns != 0 || script.options.total_ns != 0;
  if (ended && random.chance(33)) script.duration = far_too_long;
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
  for (std::size_t next = 0; next < ledger_.tasks.size();) {
    if (!shape_.at_once && world_.random.chance(10)) {
      burst = world_.now() + world_.random.between(Duration::zero(), span);
    }
    const std::vector<std::size_t> row = random_row(next);
    next += row.size();
    const auto client = clients_[ledger_.tasks[row.front()].client];
    world_.at(burst, [client, row] { client->submit(row); });
    if (shape_.helping > 0 && world_.random.chance(shape_.helping)) {
      world_.at(burst + world_.random.between(Duration::zero(), 50ms),
                [client, length = world_.random.between(1ms, 500ms)] { client->help(length); });
    }
    for (const std::size_t task : row) {
      if (!world_.random.chance(shape_.cancelling)) continue;
      const Duration late = world_.random.chance(50) ? 200ms : 5ms;
      world_.at(burst + world_.random.between(Duration::zero(), late),
                [client, task] { client->cancel(task); });
    }
  }
}

/// Some tasks from this one on, submitted together: of one client and with the same options.
std::vector<std::size_t> Simulation::random_row(std::size_t first) {
  std::size_t length = 1;
  if (shape_.in_rows > 0 && world_.random.chance(shape_.in_rows)) {
    length = std::min(2 + world_.random.below(11), ledger_.tasks.size() - first);
  }
  std::vector<std::size_t> row;
  for (std::size_t task = first; task < first + length; ++task) {
    ledger_.tasks[task].client = ledger_.tasks[first].client;
    Script& script = ledger_.tasks[task].script;
    script.options = ledger_.tasks[first].script.options;
    const bool ended = script.options.run_ns != 0 || script.options.total_ns != 0;
    if (!ended) script.duration = std::min<Duration>(script.duration, 2s);
    row.push_back(task);
  }
  return row;
}

/// Another client asks for each task of those that died which has reached the controller.
void Simulation::ask_for_the_dead() {
  const std::shared_ptr<ClientProcess> reader = make_client();
  clients_.push_back(reader);
  reader->start();
  world_.run_until(world_.now() + 5s);
  const controller::SessionTable& sessions = controller_->core().sessions();
  for (TaskRecord& record : ledger_.tasks) {
    const ClientProcess& owner = *clients_[record.client];
    const controller::ClientSession* session = sessions.get(sessions.find(owner.id()));
    if (!owner.alive() && !record.runs.empty() && session == nullptr)
      ledger_.violate("the session of a dead client was not kept");
    record.asked_for = !owner.alive() && record.pending && session != nullptr &&
                       session->find(record.counter) != controller::ClientSession::unseen;
    if (record.asked_for) record.pending = reader->ask_for(owner.id(), record.counter);
  }
  world_.run_until(world_.now() + 5s);
}

bool Simulation::settled() const {
  const controller::Scheduler& scheduler = controller_->core().scheduler();
  if (scheduler.waiting() != 0 || scheduler.held() != 0) return false;
  const bool all_known = std::all_of(clients_.begin(), clients_.end(), [this](const auto& client) {
    const controller::SessionTable& sessions = controller_->core().sessions();
    const controller::ClientSession* session = sessions.get(sessions.find(client->id()));
    return client->alive() || session == nullptr || (session->kept && session->open() == 0);
  });
  if (!all_known) return false;
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
  try {
    run_to_verdict();
  } catch (const World::Stopped&) {
    // What comes behind a broken rule may be anything, also something without end.
    Verdict verdict;
    verdict.violations = ledger_.violations;
    verdict.log = controller_->log();
    return verdict;
  }
  return verdict();
}

void Simulation::run_to_verdict() {
  write_scripts();
  world_.run_until(world_.now() + starting);
  plan_work(busy);
  faults_->plan(shape_, busy);
  switch (shape_.ending) {
    case Ending::settling:
      run_to_the_end();
      break;
    case Ending::goodbye:
      run_to_goodbye();
      break;
    case Ending::silence:
      run_to_silence();
      break;
  }
}

Verdict Simulation::verdict() const {
  const controller::Counts& counts = controller_->core().counts();
  std::vector<std::string> log = controller_->log();
  log.push_back("at the end: " + controller_->core().status(world_.now()));
  Verdict verdict{ledger_.violations, std::move(log),       counts.links,
                  counts.crashes,     counts.moves,         counts.dropped_outcomes,
                  counts.recalled,    ledger_.tasks.size(), controller_->network().counts()};
  verdict.held_back = counts.held_back;
  verdict.restarts = controller_->restarts();
  verdict.adopted = controller_->adopted();
  verdict.asked_again = controller_->core().counts().asked_again;
  verdict.image_bytes_sent = counts.image_bytes_sent;
  verdict.image_bytes_received = counts.image_bytes_received;
  verdict.values_sent = counts.values_sent;
  verdict.values_to_hosts = counts.values_to_hosts;
  verdict.values_handed_over = ledger_.values_handed_over;
  verdict.replaced = ledger_.replaced.size();
  for (const TaskRecord& record : ledger_.tasks) {
    for (const Run& run : record.runs)
      verdict.run_by_clients += run.pid == clients_[record.client]->own_pid();
    if (const auto limit = limit_passed_by(record))
      ++verdict.timed_out[static_cast<std::size_t>(*limit)];
  }
  return verdict;
}

void Simulation::run_to_the_end() {
  world_.run_until(world_.now() + busy);
  for (const auto& node : nodes_)
    node->stop_failing();
  settle();
  // Long enough for stopped processes to go on, for suspicion, and for acknowledgements.
  world_.run_until(world_.now() + longest_fault + 5s);
  // Of a client whose end no connection told, the controller hears by its silence.
  const Instant end = world_.now() + silence_max;
  while (checker_->keeps_dead_sessions() && world_.now() < end)
    world_.run_until(world_.now() + 1s);
  if (shape_.keeping) ask_for_the_dead();
  checker_->begin_quiet();
  world_.run_until(world_.now() + 12s);
  checker_->look_at_quiet();
  checker_->look_at_end();
  for (const auto& client : clients_)
    client->restart();
  world_.run_until(world_.now() + 2s);
  checker_->look_at_resends();
}

/// `muster stop` while tasks run. Clients whose connection is in order hear of it; nodes end with
/// the launcher's tether if they didn't.
void Simulation::run_to_goodbye() {
  world_.run_until(world_.now() + world_.random.between(100ms, busy));
  while (controller_->stopped() || !controller_->alive())
    world_.run_until(world_.now() + 100ms);
  checker_->begin_goodbye();
  controller_->say_goodbye();
  world_.after(world_.random.between(100ms, 1s), [this] {
    for (const auto& node : nodes_)
      node->leave();
  });
  world_.run_until(world_.now() + on_its_way);
  checker_->end_goodbye();
  world_.run_until(world_.now() + farewell);
  checker_->look_at_goodbye();
}

/// kill -9 of the controller. What ends its engines is the launcher's, not the protocol's.
void Simulation::run_to_silence() {
  world_.run_until(world_.now() + world_.random.between(100ms, busy));
  controller_->vanish();
  world_.run_until(world_.now() + busy + silence_max);
  checker_->look_at_waits();
}

}  // namespace muster::simulation
