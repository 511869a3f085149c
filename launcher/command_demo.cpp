// muster demo: shows in a few seconds that this installation works, with a cluster of its own.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"
#include "launcher/text_table.hpp"

namespace muster::launcher {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::uint32_t numbers = 10'000'000;
constexpr std::uint32_t pieces = 64;
constexpr std::uint32_t primes_below = 664'579;  // what they have to come to
constexpr std::chrono::milliseconds engines_interval{25};

volatile std::sig_atomic_t interrupted = 0;

bool is_prime(std::uint32_t number) {
  if (number < 2 || (number != 2 && number % 2 == 0)) return false;
  for (std::uint32_t divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor == 0) return false;
  }
  return true;
}

/// What the engines do.
std::uint32_t primes_between(std::uint32_t first, std::uint32_t last) {
  std::uint32_t count = 0;
  for (std::uint32_t number = first; number < last; ++number)
    count += is_prime(number) ? 1 : 0;
  return count;
}

class Demo {
 public:
  explicit Demo(int engines) : engines_(engines), shows_bar_(::isatty(STDOUT_FILENO) == 1) {}

  int run() {
    fmt::print("A cluster of its own: a controller and {} engines.\n", engines_);
    const auto begin = std::chrono::steady_clock::now();
    {
      const Cluster cluster({.engines = engines_});
      auto view = cluster.load_balanced_view();
      fmt::print("Counting the primes below {}, in {} pieces:\n", numbers, pieces);
      constexpr std::uint32_t length = numbers / pieces;
      for (std::uint32_t piece = 0; piece < pieces; ++piece) {
        results_.push_back(view.apply<primes_between>(piece * length, (piece + 1) * length));
      }
      if (!watch()) return exit_signal + SIGINT;
      note();
    }
    report(Seconds(std::chrono::steady_clock::now() - begin).count());
    return sum_ == primes_below ? exit_ok : exit_failed;
  }

 private:
  /// Until all are done, with an engine killed on the way. False when it was interrupted.
  bool watch() {
    for (std::size_t done = 0; done < results_.size();) {
      if (interrupted != 0) return false;
      done = static_cast<std::size_t>(std::count_if(
          results_.begin(), results_.end(), [](const auto& result) { return result.ready(); }));
      show(done);
      if (killed_ == 0 && done >= results_.size() / 3) kill_one();
      const auto open = std::find_if(results_.begin(), results_.end(),
                                     [](const auto& result) { return !result.ready(); });
      if (open != results_.end()) open->wait_for(engines_interval);
    }
    if (shows_bar_) fmt::print("\n");
    return true;
  }

  void show(std::size_t done) {
    constexpr std::size_t width = 40;
    if (shows_bar_) {
      std::string bar(width * done / results_.size(), '#');
      bar.resize(width, '.');
      fmt::print("\r  [{}] {} of {}", bar, done, results_.size());
      std::fflush(stdout);
    } else if (done * 4 / results_.size() > shown_quarters_) {
      shown_quarters_ = done * 4 / results_.size();
      fmt::print("  {} of {}\n", done, results_.size());
    }
  }

  /// The process whose last piece ended longest ago has been at its next one for longest.
  void kill_one() {
    std::map<std::int64_t, TaskInfo> last;
    for (const auto& result : results_) {
      if (!result.ready()) continue;
      const TaskInfo info = result.info();
      if (info.completed > last[info.pid].completed) last[info.pid] = info;
    }
    const auto busiest = std::min_element(
        last.begin(), last.end(),
        [](const auto& a, const auto& b) { return a.second.completed < b.second.completed; });
    const TaskInfo latest = busiest->second;
    if (latest.pid <= 1 || ::kill(static_cast<pid_t>(latest.pid), SIGKILL) != 0) return;
    killed_ = latest.pid;
    fmt::print("{}  kill -9 {}, the process of engine {}: what it had runs elsewhere\n",
               shows_bar_ ? "\n" : "", killed_, latest.engine);
  }

  void note() {
    for (const auto& result : results_) {
      sum_ += result.get();
      const TaskInfo info = result.info();
      Row& row = rows_[info.engine];
      ++row.pieces;
      row.seconds += Seconds(info.completed - info.started).count();
      row.processes.insert(info.pid);
      if (info.attempts > 1) ++again_;
    }
  }

  void report(double wall) const {
    TextTable table({"engine", "pieces", "seconds", "processes"});
    double busy = 0;
    for (const auto& [engine, row] : rows_) {
      std::string processes;
      for (const std::int64_t pid : row.processes) {
        processes += (processes.empty() ? "" : ", ") + std::to_string(pid);
        if (pid == killed_) processes += " (killed)";
      }
      table.add({std::to_string(engine), std::to_string(row.pieces),
                 fmt::format("{:.2f}", row.seconds), processes});
      busy += row.seconds;
    }
    fmt::print("\n{}\n", table.text());
    fmt::print("{} primes, {}. {:.2f} s of work in {:.2f} s.", sum_,
               sum_ == primes_below ? "as it should be" : "which is wrong", busy, wall);
    if (again_ > 0) {
      fmt::print(" {} piece{} started again.", again_, again_ == 1 ? " was" : "s were");
    }
    fmt::print(
        "\nThe cluster has ended, and nothing of it is left. To go on: muster start --help\n");
  }

  struct Row {
    int pieces = 0;
    double seconds = 0;
    std::set<std::int64_t> processes;
  };

  int engines_;
  bool shows_bar_;
  std::size_t shown_quarters_ = 0;
  std::vector<AsyncResult<std::uint32_t>> results_;
  std::int64_t killed_ = 0;
  std::uint64_t sum_ = 0;
  int again_ = 0;
  std::map<int, Row> rows_;
};

int demo(int engines) {
  // So that the cluster is taken down in order; its processes don't hear of the terminal's signals.
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaction(signal, &action, nullptr);
  return Demo(engines).run();
}

}  // namespace

void add_demo(CLI::App& app, Run& run) {
  const auto engines = std::make_shared<int>(4);
  CLI::App* command = app.add_subcommand("demo", "Show in a few seconds that Muster works here");
  restrict_to_numbers(
      *command->add_option("-n,--engines", *engines, "How many engines")->capture_default_str(), 2,
      64);
  command->footer(
      "It has a cluster of its own, counts primes on it, kills an engine while it counts, and "
      "tells\n"
      "which engine did what. Clusters that run already aren't touched, and nothing is left "
      "behind.");
  command->callback([engines, &run] { run = [engines] { return demo(*engines); }; });
}

}  // namespace muster::launcher
