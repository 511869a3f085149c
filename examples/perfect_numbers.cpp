// What tasks have in common beside their arguments: a counter of what they have looked at, a queue
// by which they say what they find while they still search, and a lock for a file that one of them
// at a time may write.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include <unistd.h>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

bool is_perfect(int n) {
  int sum = 0;
  for (int divisor = 1; divisor < n; ++divisor)
    if (n % divisor == 0) sum += divisor;
  return n > 1 && sum == n;
}

/// Numbers that are the sum of their divisors, between 100 * block and 100 * block + 99.
int search(int block, const std::string& path) {
  static const muster::Client client;  // a task's: of the cluster that runs it
  const auto found = client.queue<int>("found");
  int count = 0;
  for (int n = 100 * block; n < 100 * block + 100; ++n) {
    if (!is_perfect(n)) continue;
    found.put(n);
    const auto held = client.lock("file").acquire();  // until the end of this turn
    std::ofstream(path, std::ios::app) << n << '\n';
    ++count;
  }
  client.counter("looked at").add(100);
  return count;
}

int main() {
  muster::Cluster cluster({.engines = 3});
  const muster::Client& client = cluster.client();
  const std::string path =
      std::filesystem::temp_directory_path() / ("perfect-" + std::to_string(::getpid()));

  std::vector<int> blocks(90);
  std::iota(blocks.begin(), blocks.end(), 0);
  const auto counts = client.load_balanced_view().map<search>(blocks, muster::same(path));
  const auto found = client.queue<int>("found");
  int sum = 0;
  for (int i = 0; i < 4; ++i)
    sum += found.get();  // while the others still search

  const std::vector<int> each = counts.get();
  std::printf("%d perfect numbers, their sum is %d\n", std::accumulate(each.begin(), each.end(), 0),
              sum);
  std::printf("%ld numbers were looked at\n", static_cast<long>(client.counter("looked at").get()));
  std::filesystem::remove(path);
}
