#pragma once
// One round of a run: what its passes have in common.

#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/driver/cluster.hpp"
#include "bench/driver/command.hpp"
#include "bench/driver/figures.hpp"
#include "bench/driver/plan.hpp"

namespace muster::bench {

/// What most passes start: as many as the floors have workers.
inline constexpr int usual_engines = 4;

/// What the rounds have brought so far.
struct Measured {
  Figures figures{};
  std::set<std::string> missing{};          ///< peers that aren't installed or don't run
  std::map<std::string, double> seconds{};  ///< what each pass took, of all rounds
};

class Round {
 public:
  Round(const Plan& plan, int number, Measured& measured)
      : plan_(plan), number_(number), measured_(measured) {}

  const Plan& plan() const { return plan_; }
  int number() const { return number_; }  ///< from 1

  /// A program of the floor's or of ours.
  Command command(const char* program, std::vector<std::string> arguments) const {
    return {plan_.programs / program, std::move(arguments)};
  }
  /// Runs it and gives the line that it printed.
  nlohmann::json measure(const Command& command) const {
    return nlohmann::json::parse(output_of(command));
  }

  void note(const std::string& figure, double value) { measured_.figures[figure].push_back(value); }
  void miss(const std::string& peer) { measured_.missing.insert(peer); }
  /// Runs a program that prints its tasks per second, and notes them.
  void note_rate(const std::string& figure, const Command& command) {
    note(figure + ".tasks_per_s", measure(command).at("tasks_per_s").get<double>());
  }

 private:
  const Plan& plan_;
  int number_;
  Measured& measured_;
};

}  // namespace muster::bench
