#include "tests/simulation/experience.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::simulation {
namespace {

constexpr std::uint64_t seeds_default = 200;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string joined(const std::vector<std::string>& lines, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < most; ++i)
    text += "\n  " + lines[i];
  if (lines.size() > most) text += "\n  and " + std::to_string(lines.size() - most) + " more";
  return text;
}

}  // namespace

std::uint64_t first_seed() {
  return number_from_environment("MUSTER_SIMULATION_SEED", 1);
}

std::uint64_t seed_count() {
  return all_seeds() ? number_from_environment("MUSTER_SIMULATION_SEEDS", seeds_default) : 1;
}

Experience run_seeds(const Shape& shape) {
  Experience sum;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + seed_count(); ++seed) {
    const Verdict verdict = Simulation(shape, seed).run();
    sum.links += verdict.links;
    sum.crashes += verdict.crashes;
    sum.moves += verdict.moves;
    sum.dropped_outcomes += verdict.dropped_outcomes;
    sum.recalled += verdict.recalled;
    sum.held_back += verdict.held_back;
    sum.restarts += verdict.restarts;
    sum.adopted += verdict.adopted;
    sum.asked_again += verdict.asked_again;
    sum.image_bytes_sent += verdict.image_bytes_sent;
    sum.image_bytes_received += verdict.image_bytes_received;
    sum.values_sent += verdict.values_sent;
    sum.replaced += verdict.replaced;
    sum.run_by_clients += verdict.run_by_clients;
    sum.most_values_sent = std::max(sum.most_values_sent, verdict.values_sent);
    sum.values_handed_over += verdict.values_handed_over;
    sum.most_values_to_hosts = std::max(sum.most_values_to_hosts, verdict.values_to_hosts);
    sum.network.doubled += verdict.network.doubled;
    sum.network.overtaken += verdict.network.overtaken;
    sum.network.lost += verdict.network.lost;
    for (std::size_t limit = 0; limit < std::size(sum.timed_out); ++limit)
      sum.timed_out[limit] += verdict.timed_out[limit];
    if (!all_seeds()) WARN("the controller's log:" << joined(verdict.log, SIZE_MAX));
    if (verdict.violations.empty()) continue;
    // On a line of its own, because Catch wraps long ones and tests/mutants/run looks for it.
    FAIL(shape.name << ", again with\nMUSTER_SIMULATION_SEED=" << seed
                    << joined(verdict.violations, 20));
  }
  return sum;
}

bool all_seeds() {
  return std::getenv("MUSTER_SIMULATION_SEED") == nullptr;
}

}  // namespace muster::simulation
