#pragma once
// Runs a shape from many seeds; what they went through is for its test to judge. A failing seed is
// printed with how to run it again.

#include <cstdint>

#include "tests/simulation/simulation.hpp"

namespace muster::simulation {

/// What all seeds together went through: a run in which nothing happened proves nothing.
struct Experience {
  std::uint64_t links = 0;
  std::uint64_t crashes = 0;
  std::uint64_t moves = 0;
  std::uint64_t dropped_outcomes = 0;
  std::uint64_t recalled = 0;
  std::uint64_t restarts = 0;
  std::uint64_t adopted = 0;
  std::uint64_t asked_again = 0;
  Network::Counts network;
  std::uint64_t held_back = 0;
  std::uint64_t image_bytes_sent = 0;
  std::uint64_t image_bytes_received = 0;
  std::uint64_t values_sent = 0;
  std::uint64_t most_values_sent = 0;  // in one seed
  std::uint64_t values_handed_over = 0;
  std::uint64_t most_values_to_hosts = 0;  // in one seed
  std::uint64_t replaced = 0;              // processes that had retired
  std::uint64_t run_by_clients = 0;        // of their own tasks (rule 33)
  std::uint64_t timed_out[4] = {};         // by limit
};

/// The seeds that a test runs.
std::uint64_t first_seed();
std::uint64_t seed_count();

/// As many seeds as MUSTER_SIMULATION_SEEDS says, or the one that MUSTER_SIMULATION_SEED names.
/// Fails the test with the first that breaks a rule.
Experience run_seeds(const Shape& shape);

/// One seed need not have been through everything.
bool all_seeds();

}  // namespace muster::simulation
