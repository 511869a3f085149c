// Measures, writes the results as JSON, prints how they compare with what is meant to be reached,
// or makes the page of figures from earlier results. bench/run is the way to start it.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/driver/figures.hpp"
#include "bench/driver/machine.hpp"
#include "bench/driver/page.hpp"
#include "bench/driver/passes.hpp"
#include "bench/driver/plan.hpp"
#include "bench/driver/plot.hpp"
#include "bench/driver/reach.hpp"

namespace muster::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Options {
  fs::path scratch{};
  fs::path results{};
  fs::path page{};
  fs::path peers{};
  std::string commit = "unknown";
  std::string command = "bench_driver";
  std::string size = "full";
  std::vector<std::string> only{};
  int rounds = 0;
  bool measure = true;
};

Plan plan_of_size(const std::string& size) {
  if (size == "quick") return quick_plan();
  if (size == "smoke") return smoke_plan();
  if (size == "long") return long_plan();
  return {};
}

Plan plan_of(const Options& options) {
  Plan plan = plan_of_size(options.size);
  plan.only = {options.only.begin(), options.only.end()};
  plan.programs = fs::read_symlink("/proc/self/exe").parent_path();
  plan.peers = options.peers;
  plan.muster = plan.programs.parent_path() / "bin" / "muster";
  if (options.rounds > 0) plan.rounds = options.rounds;
  return plan;
}

/// No cluster of the user's is found or disturbed.
void keep_apart(const fs::path& scratch) {
  ::setenv("XDG_STATE_HOME", (scratch / "state").c_str(), 1);
  ::setenv("XDG_CACHE_HOME", (scratch / "cache").c_str(), 1);
  ::setenv("MUSTER_PROFILE", "bench", 1);
  ::unsetenv("MUSTER_CLUSTER_ID");
}

json results_of(const Options& options) {
  const Machine machine = this_machine();
  const Plan plan = plan_of(options);
  const Measured measured = run_passes(plan);
  json medians = json::object();
  for (const auto& [name, samples] : measured.figures)
    medians[name] = median(samples);
  return {
      {"commit", options.commit},    {"cpu", machine.cpu},         {"cores", machine.cores},
      {"load", machine.load},        {"date", machine.date},       {"command", options.command},
      {"rounds", plan.rounds},       {"medians", medians},         {"samples", measured.figures},
      {"missing", measured.missing}, {"seconds", measured.seconds}};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << text).flush()) throw std::runtime_error("can't write " + path.string());
}

json read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("there are no results in " + path.string());
  return json::parse(file);
}

int run(const Options& options) {
  if (options.measure) {
    keep_apart(options.scratch);
    write(options.results, results_of(options).dump(2) + "\n");
  }
  const json results = read(options.results);
  const auto figures = results.at("samples").get<Figures>();
  fmt::print("{}", table(compare(figures)));
  for (const json& peer : results.at("missing"))
    fmt::print("not compared with: {}; see scripts/install-peers\n", peer.get<std::string>());
  if (!options.page.empty()) {
    const fs::path picture = fs::path(options.page).replace_extension(".svg");
    write(options.page, performance_page(results, picture.filename().string()));
    write(picture, plot(compare(figures)));
  }
  // A smoke has shown that everything can be measured; what it has measured means nothing.
  if (options.size == "smoke" || floors_are_sane(figures)) return 0;
  fmt::print(stderr,
             "bench: the floors contradict each other, so the ratios mean nothing: is the "
             "machine busy?\n");
  return 1;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) try {
  muster::bench::Options options;
  CLI::App app("Measures Muster against bare brokers");
  app.add_option("--scratch", options.scratch, "A directory for the clusters' files")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--peers", options.peers, "The directory of the peers' scripts")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--results", options.results, "The JSON file of the results")->required();
  app.add_option("--page", options.page,
                 "Also write the page of figures, and its picture beside it");
  app.add_option("--commit", options.commit, "What is measured");
  app.add_option("--command", options.command, "How to do it again");
  app.add_option("--rounds", options.rounds, "How often each is measured")
      ->check(CLI::PositiveNumber);
  app.add_option("--size", options.size, "How much of everything")
      ->check(CLI::IsMember({"smoke", "quick", "full", "long"}));
  std::vector<std::string> names;
  for (const muster::bench::Pass& pass : muster::bench::all_passes())
    names.emplace_back(pass.name);
  app.add_option("--only", options.only, "Subjects in place of all")->check(CLI::IsMember(names));
  app.add_flag("!--no-measure", options.measure, "Use the results that are there");
  CLI11_PARSE(app, argc, argv);
  return muster::bench::run(options);
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench: %s\n", error.what());
  return 1;
}
