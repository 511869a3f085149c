// Looking after a cluster: wait for its engines, ask what they do, signal and restart them; a task
// that ends its process is given up; what has run can be looked up, and forgotten.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

volatile std::sig_atomic_t asked = 0;
const auto handler = std::signal(SIGUSR1, [](int) { asked = 1; });  // engines begin so, too

bool wait_until_asked(std::stop_token stop) {
  while (asked == 0 && !stop.stop_requested())
    std::this_thread::sleep_for(1ms);
  return asked == 1;
}
void expect(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

int main() try {
  const muster::Cluster cluster({.engines = 2});
  const muster::Client& client = cluster.client();
  std::printf("%zu engines are there\n", client.wait_for_engines(2, 30s).size());

  cluster.all().apply([] { return 0; }).get();  // from here on each has its process
  const auto answers = cluster.all().apply<wait_until_asked>();
  client.send_signal(SIGUSR1);
  expect(answers.get() == std::vector{true, true}, "a signal didn't arrive");
  for (const muster::EngineQueue& engine : client.queue_status().engines)
    std::printf("engine %d has ended %zu tasks\n", engine.engine, engine.completed);

  client.restart({1});
  const auto again = cluster[1].apply([] { return 0; });
  expect(again.get() == 0 && again.info().pid != answers[1].info().pid, "the process is the same");
  std::printf("engine 1 has another process\n");

  const auto view = cluster.load_balanced_view({.label = "bad one", .max_crashes = 2});
  const auto bad = view.apply([] { std::abort(); });
  try {
    bad.get();
  } catch (const muster::Quarantined& error) {
    std::printf("given up after %zu crashes, by signal %d\n", error.attempts().size(),
                error.attempts().back().signal);
  }
  const auto tasks = client.history({.label = "bad*", .status = muster::Status::failed});
  std::printf("history: %s is %s\n", tasks.at(0).label.c_str(), tasks.at(0).ending.c_str());
  client.purge({bad.id()});
  expect(client.history({.label = "bad*"}).empty(), "it was not forgotten");
} catch (const std::exception& error) {
  return std::fprintf(stderr, "cluster_care: %s\n", error.what()), 1;
}
