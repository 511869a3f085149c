// What people's programs do around Muster, one habit for each word: person WORD [GATE].

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"

namespace {

int wait_at_gate(int value, const std::string& gate, std::stop_token stop) {
  muster::test::note(gate, "started-" + std::to_string(value));
  muster::test::pass(gate, stop);
  return value;
}

int square(int value) {
  return value * value;
}

int crash_the_first_time(muster::Context& context) {
  if (context.attempt() == 1) ::_exit(3);
  return context.attempt();
}

int run_command(const std::string& command) {
  return std::system(command.c_str());
}

/// Waits for the items of a map when Ctrl-C comes.
int map_at_gate(const muster::LoadBalancedView& view, const std::string& gate) {
  auto items = view.map([](int value, std::string gate,
                           std::stop_token stop) { return wait_at_gate(value, gate, stop); },
                        std::views::iota(0, 1000), std::vector<std::string>(1000, gate));
  std::puts("mapping");
  std::fflush(stdout);
  for (const int value : items)
    std::printf("%d\n", value);
  return 1;
}

int embedded_map(const std::string& gate) {
  muster::Cluster cluster({.engines = 2});
  return map_at_gate(cluster.load_balanced_view(), gate);
}

int client_map(const std::string& gate) {
  muster::Client client;
  return map_at_gate(client.load_balanced_view(), gate);
}

/// A task that starts its own program, which is a client like any other.
int nested(const std::string& self) {
  muster::Client client;
  return client.load_balanced_view().apply<run_command>(self + " inner").get();
}

int inner(const std::string&) {
  muster::Client client;
  std::printf("inner %d\n", client.load_balanced_view().apply<square>(7).get());
  return 0;
}

/// Collects every child there is, as some libraries do.
int reaper(const std::string&) {
  std::atomic<bool> over = false;
  std::thread collector([&] {
    while (!over)
      ::waitpid(-1, nullptr, WNOHANG);
  });
  int result = 0;
  {
    muster::Cluster cluster({.engines = 2});
    const auto view = cluster.load_balanced_view();
    result = view.apply<crash_the_first_time>().get();
    for (int i = 0; i < 20; ++i)
      result += view.apply<square>(i).get();
  }
  over = true;
  collector.join();
  std::printf("%d\n", result);
  return 0;
}

/// Has more files open than select() can name.
int many_files(const std::string&) {
  for (int i = 0; i < 1100; ++i) {
    if (::open("/dev/null", O_RDONLY) < 0) return 2;
  }
  muster::Cluster cluster({.engines = 2});
  std::printf("%d\n", cluster.load_balanced_view().apply<square>(7).get());
  return 0;
}

double noted_root(int value, const std::string& directory) {
  std::ofstream(directory + "/calls", std::ios::app) << std::to_string(value) + '\n';
  return std::sqrt(value);
}

/// Goes on where the run before it was killed, which happens to the first one.
int resumed(const std::string& directory) {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view(
      {.key = "roots", .chunk = 1, .window = 4, .resume = directory + "/finished"});
  double sum = 0;
  int read = 0;
  for (const double root :
       view.map<noted_root>(std::views::iota(0, 100), std::vector<std::string>(100, directory))) {
    sum += root;
    if (++read == 10 && !std::filesystem::exists(directory + "/again")) {
      muster::test::note(directory, "again");
      ::raise(SIGKILL);
    }
  }
  std::printf("%.3f\n", sum);
  return 0;
}

/// Has each engine of a running cluster add up an array of 8 MB.
int broadcast(const std::string&) {
  const muster::Client client;
  const auto sum_of = [](std::span<const double> numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), 0.0);
  };
  double sum = 0;
  for (const double one : client.all().apply(sum_of, std::vector<double>(1 << 20, 1.0)).get())
    sum += one;
  std::printf("%.0f\n", sum);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<int(const std::string&)>> habits{
      {"embedded-map", embedded_map},
      {"client-map", client_map},
      {"nested", nested},
      {"inner", inner},
      {"reaper", reaper},
      {"many-files", many_files},
      {"resumed", resumed},
      {"broadcast", broadcast}};
  const auto habit = argc < 2 ? habits.end() : habits.find(argv[1]);
  if (habit == habits.end()) return 2;
  return habit->second(argc > 2 ? argv[2] : argv[0]);
}
