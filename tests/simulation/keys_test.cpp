// Programs that name their tasks alike (rule 9), while controllers are killed and links are cut,
// from seeds.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/body.hpp"
#include "tests/simulation/client_process.hpp"
#include "tests/simulation/controller_process.hpp"
#include "tests/simulation/experience.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/node_process.hpp"
#include "tests/simulation/world.hpp"

namespace muster::simulation {
namespace {

constexpr std::size_t programs = 3;
constexpr std::size_t names = 5;
constexpr std::uint8_t stock_image = 200;

/// Each program submits each named task once. All of them have begun long before anything goes
/// wrong, and end long after it.
class Namesakes {
 public:
  explicit Namesakes(std::uint64_t seed) : world_(seed) {
    ledger_.when_violated = [this] { world_.stop(); };
    controller::Core::Config config;
    config.cluster = world_.random.uuid();
    config.random = [this] { return world_.random.next() | 1; };
    controller_ = std::make_unique<ControllerProcess>(world_, ledger_, config);
    launcher::NodeSession::Config node;
    node.cluster = config.cluster;
    node.host = "host";
    node.pid = 1;
    node.slots = names;
    node.stock_image = image_number(stock_image);
    node_ = std::make_shared<NodeProcess>(world_, controller_->network(), ledger_, node, 0);
    node_->start();
    for (std::size_t i = 0; i < programs; ++i)
      add_program(config.cluster, i);
  }

  /// `cancels`: one of the programs doesn't want one of the tasks any more.
  std::vector<std::string> run(bool cancels) {
    try {
      world_.run_until(world_.now() + 500ms);
      submit_all();
      for (std::uint64_t kills = 1 + world_.random.below(3); kills > 0; --kills)
        kill_controller(world_.random.between(3s, 15s));
      for (std::uint64_t cuts = world_.random.below(3); cuts > 0; --cuts)
        cut_somebody(world_.random.between(3s, 15s));
      if (cancels) cancel_one(world_.random.between(2s, 18s));
      world_.run_until(world_.now() + 60s);
      look_at_tasks();
    } catch (const World::Stopped&) {
      // It is in the ledger why.
    }
    return ledger_.violations;
  }

 private:
  void add_program(const wire::Uuid& cluster, std::size_t number) {
    client::Session::Config config;
    config.cluster = cluster;
    config.session = world_.random.uuid();
    config.image = image_number(1);
    config.pid = static_cast<std::int64_t>(10 + number);
    config.program = "program";
    programs_.push_back(std::make_shared<ClientProcess>(world_, controller_->network(), ledger_,
                                                        config, number, 0, 0));
    programs_.back()->keep();
    programs_.back()->start();
  }

  void submit_all() {
    for (std::size_t program = 0; program < programs; ++program) {
      for (std::size_t name = 0; name < names; ++name) {
        TaskRecord record;
        record.client = program;
        record.script.duration = world_.random.between(20s, 25s);
        record.script.obeys_stop = true;
        record.script.options.key = "task " + std::to_string(name);
        record.script.options.call = "the same";
        ledger_.tasks.push_back(std::move(record));
        world_.after(world_.random.between(1us, 1s),
                     [this, program, task = ledger_.tasks.size() - 1] {
                       programs_[program]->submit({task});
                     });
      }
    }
  }

  void kill_controller(Duration when) {
    world_.after(when, [this] {
      if (!controller_->alive()) return;
      for (const auto& process : node_->processes())
        process->controller_dies();
      controller_->kill(world_.random.between(10ms, 2s));
    });
  }

  void cut_somebody(Duration when) {
    const auto program = programs_[world_.random.below(programs)];
    world_.after(when, [this, program] {
      controller_->network().cut(program->connection(), Network::Cut::both);
      world_.after(world_.random.between(1ms, 100ms), [program] { program->restart(); });
    });
  }

  void cancel_one(Duration when) {
    cancelled_ = world_.random.below(names);
    const std::size_t program = world_.random.below(programs);
    world_.after(when,
                 [this, program] { programs_[program]->cancel(program * names + *cancelled_); });
  }

  void look_at_tasks() {
    for (std::size_t name = 0; name < names; ++name) {
      std::size_t runs = 0;
      std::vector<const detail::Pending*> all;
      for (std::size_t program = 0; program < programs; ++program) {
        const TaskRecord& record = ledger_.tasks[program * names + name];
        runs += record.runs.size();
        all.push_back(record.pending.get());
      }
      const std::string task = "named task " + std::to_string(name);
      if (runs != 1) ledger_.violate(task + " ran " + std::to_string(runs) + " times");
      const auto kind =
          name == cancelled_ ? wire::OutcomeKind::cancelled : wire::OutcomeKind::value;
      for (const detail::Pending* pending : all) {
        if (!pending->is_settled()) {
          ledger_.violate(task + " never settled for one of its programs");
        } else if (pending->kind != kind ||
                   !same_bytes(pending->body.bytes(), all.front()->body.bytes())) {
          ledger_.violate(task + " isn't the same for all of its programs");
        }
      }
      const auto followers = std::count_if(all.begin(), all.end(), [](const auto* pending) {
        return pending->original().has_value();
      });
      if (followers != programs - 1) ledger_.violate(task + " doesn't have one id everywhere");
    }
  }

  World world_;
  Ledger ledger_;
  std::unique_ptr<ControllerProcess> controller_;
  std::shared_ptr<NodeProcess> node_;
  std::vector<std::shared_ptr<ClientProcess>> programs_;
  std::optional<std::size_t> cancelled_;
};

void run_namesakes(bool cancel) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + seed_count(); ++seed) {
    const std::vector<std::string> violations = Namesakes(seed).run(cancel);
    if (violations.empty()) continue;
    std::string text;
    for (const std::string& violation : violations)
      text += "\n  " + violation;
    FAIL("namesakes, again with\nMUSTER_SIMULATION_SEED=" << seed << text);
  }
}

}  // namespace

TEST_CASE("rule 9: what several programs name alike runs once, and controllers may be killed") {
  run_namesakes(false);
}

TEST_CASE("rule 9: who cancels a named task does so for all, and controllers may be killed") {
  run_namesakes(true);
}

}  // namespace muster::simulation
