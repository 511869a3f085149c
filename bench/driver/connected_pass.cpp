// What a controller costs that has thousands of connections: engines that are simulated, over
// sockets of their own, beside four such engines.

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

/// Enough that an engine among thousands gets several tasks in a message.
constexpr int outstanding = 65'536;
constexpr std::chrono::milliseconds look_interval{2};
constexpr std::chrono::seconds patience{60};

template <class Done>
void wait_until(Running& program, const char* what, Done done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (!program.goes_on()) throw std::runtime_error(program.output() + what);
    if (std::chrono::steady_clock::now() >= end) throw std::runtime_error(what);
    std::this_thread::sleep_for(look_interval);
  }
}

/// A controller in the foreground, without engines of its own.
class Controller {
 public:
  explicit Controller(const Plan& plan)
      : muster_(plan.muster), process_({muster_, {"controller"}}) {
    wait_until(process_, "no controller begins",
               [] { return std::filesystem::exists(usual_connection_file()); });
  }
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  ~Controller() {
    try {
      run_quietly({muster_, {"stop"}});
      process_.output();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "bench: %s\n", error.what());
    }
  }

 private:
  std::filesystem::path muster_;
  Running process_;
};

void measure_with(Round& round, int engines, const std::string& figure) {
  const Controller controller(round.plan());
  const std::string client = (round.plan().programs / "ours_no_op").string();
  Running simulation(round.command("simulated_engines", {std::to_string(engines), client}));
  wait_until(simulation, "the simulated engines don't connect",
             [&] { return simulation.goes_on() && !simulation.printed().empty(); });
  round.note_rate(figure, round.command("ours_no_op",
                                        {fmt::format("{}", round.plan().seconds), "1",
                                         std::to_string(body_bytes), std::to_string(outstanding)}));
}

}  // namespace

void measure_connected(Round& round) {
  measure_with(round, usual_engines, "ours.few_connected");
  measure_with(round, round.plan().connected_engines, "ours.many_connected");
}

}  // namespace muster::bench
